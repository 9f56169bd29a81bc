/** Cases that an engine is known to get wrong. Each must still fail: one that is closed must leave the list. */
export interface Gap {
  /** As in `requirements.ts`. */
  readonly engine: string;
  /** The file and the case's `why`. */
  readonly title: string;
  readonly because: string;
}

const GAPS: readonly Gap[] = [
  {
    engine: "oldest Envoy",
    title: "denied-on-tls-ports: a ClientHello older than TLS 1.0, with an allowed name",
    because: "Envoy 1.37 reads the server name of an SSLv3 hello, 1.40 does not; only a name that is allowed gets out",
  },
];

export const gapsOf = (engine: string): readonly Gap[] => GAPS.filter((gap) => gap.engine === engine);
