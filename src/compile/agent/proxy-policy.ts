import type { EffectivePolicy, IpFamilyMode, PolicyRef } from "../../policy/model/index.ts";

/** All that one proxy's agent is told. */
export interface ProxyPolicy {
  readonly mesh: string;
  /** Name of the Dataplane. */
  readonly proxy: string;
  readonly policy: EffectivePolicy;
  /** The policies that select the proxy, lowest precedence first; those that `policy` names are among them. */
  readonly policies: readonly PolicyRef[];
  /** Port of the outbound listener; 0: the proxy has no transparent proxy. */
  readonly redirectPortOutbound: number;
  readonly ipFamilyMode: IpFamilyMode;
}

/** A value, or every reason why the bytes are none; a reader refuses the whole then, and keeps what it had. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Type URL of the resource over xDS. */
export const EFFECTIVE_POLICY_TYPE_URL = "type.googleapis.com/sallyport.v1.EffectivePolicy";

/** Name of the resource over xDS: `<mesh>/<proxy>`. */
export const resourceName = ({ mesh, proxy }: Pick<ProxyPolicy, "mesh" | "proxy">): string => `${mesh}/${proxy}`;
