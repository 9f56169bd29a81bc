import { effectivePolicy } from "../../policy/merge/index.ts";
import type { Dataplane, EffectivePolicy, Mesh, MeshPassthrough, Mode, WrittenRule } from "../../policy/model/index.ts";

/** What Kuma merges for one proxy. */
export interface ClassicConf {
  /** Absent: no policy sets one, which then acts as `Matched`. */
  readonly mode?: Mode;
  /** The lists of all policies, lowest precedence first, as written. */
  readonly rules: readonly WrittenRule[];
}

/** In which respects policies are selected and merged as Kuma does it. */
export interface KumaMerging {
  /** The Kubernetes API server writes `None` into a policy without a mode; a merged mode that is unset is `Matched`. */
  readonly D1: boolean;
  /** Inbounds in state `Ignored` take no part in selection; a sidecar that has no other is selected by nothing. */
  readonly D10: boolean;
}

/** What a proxy would enforce if policies were selected and merged so. `policies` may hold any; labels are computed. */
export function kumaPolicy(
  mesh: Mesh | undefined,
  policies: readonly MeshPassthrough[],
  dataplane: Dataplane,
  { D1, D10 }: KumaMerging = { D1: true, D10: true },
): EffectivePolicy {
  const inbound = D10 ? dataplane.inbound.filter(({ state }) => state !== "Ignored") : dataplane.inbound;
  const isSelectable = inbound.length > 0 || dataplane.gateway !== undefined || !D10;
  const merged = effectivePolicy(mesh, isSelectable ? policies.map((p) => (D1 ? stored(p) : p)) : [], {
    ...dataplane,
    inbound,
  });
  if (!D1 || merged.mode.source !== "default") return merged;
  return { ...merged, mode: { value: "Matched", source: "default" } };
}

const stored = (policy: MeshPassthrough): MeshPassthrough =>
  policy.mode === undefined && policy.meta.form === "kubernetes" ? { ...policy, mode: "None" } : policy;

/** The merged configuration of a proxy, or undefined where no policy has an effect on it. */
export function classicConf(
  mesh: Mesh | undefined,
  policies: readonly MeshPassthrough[],
  dataplane: Dataplane,
): ClassicConf | undefined {
  const { enforced, mode, rules } = kumaPolicy(mesh, policies, dataplane);
  // Without a redirected port nothing is there to enforce; a builtin gateway is left alone.
  if (enforced !== true || mode.source === "mesh") return undefined;
  const written = rules.map(({ value }) => value.written);
  return mode.source === "default" ? { rules: written } : { mode: mode.value, rules: written };
}
