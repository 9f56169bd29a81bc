/** A range of addresses whose clients count as internal, as the control plane's configuration has it. */
export interface InternalRange {
  /** As written: host bits are not removed. */
  readonly address: string;
  readonly prefix: number;
}

/** What the output depends on besides resources. */
export interface ClassicSettings {
  /** The control plane's known internal ranges, in order; none: only loopback. */
  readonly internalRanges: readonly InternalRange[];
  /** As the data plane reports it. Without IPv6 no range of it is listed. */
  readonly ipv6Enabled: boolean;
}

const range = (text: string): InternalRange => {
  const [address = "", prefix] = text.split("/");
  return { address, prefix: Number(prefix) };
};

/** Kuma's defaults, for a data plane that does not say whether it has IPv6. */
export const DEFAULT_CLASSIC_SETTINGS: ClassicSettings = {
  internalRanges: [
    "10.0.0.0/8",
    "192.168.0.0/16",
    "172.16.0.0/12",
    "fc00::/7",
    "fd00::/8",
    "127.0.0.1/32",
    "::1/128",
  ].map(range),
  ipv6Enabled: true,
};

const LOOPBACK = ["127.0.0.1/32", "::1/128"].map(range);

/** The ranges that chains list. */
export function listedRanges({ internalRanges, ipv6Enabled }: ClassicSettings): readonly InternalRange[] {
  const all = internalRanges.length === 0 ? LOOPBACK : internalRanges;
  return ipv6Enabled ? all : all.filter(({ address }) => !address.includes(":"));
}
