import type { Dataplane, MeshPassthrough } from "../model/index.ts";
import { comparePrecedence } from "./precedence.ts";
import { type Selection, selects } from "./selects.ts";

/**
 * Does the policy select the proxy in Kuma 2.9.13? Other than {@link selects} in two ways. Policies count as those of the
 * proxy's mesh: Kuma asks for no others. And inbounds in state `Ignored` take no part, so that nothing at all selects a
 * sidecar that has no other (D10). A builtin gateway is taken as one whose MeshGateway adds no tags.
 */
export function kumaSelects(policy: MeshPassthrough, dataplane: Dataplane): Selection {
  const { mesh } = policy.meta;
  const inbound = dataplane.inbound.filter(({ state }) => state !== "Ignored");
  if (dataplane.gateway === undefined && inbound.length === 0) return NOTHING_LEFT;
  return selects(policy, { ...dataplane, inbound, meta: { ...dataplane.meta, mesh } });
}

const NOTHING_LEFT: Selection = { selected: false, because: { kind: "tags", missing: {} } };

/** The policies that select the proxy in Kuma 2.9.13, lowest precedence first. */
export function kumaSelectPolicies(policies: readonly MeshPassthrough[], dataplane: Dataplane): MeshPassthrough[] {
  return policies.filter((policy) => kumaSelects(policy, dataplane).selected).sort(comparePrecedence);
}
