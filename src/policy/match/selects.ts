import {
  type Dataplane,
  LABELS,
  type Labels,
  type MeshPassthrough,
  type Meta,
  type ProxyType,
  type TargetRef,
} from "../model/index.ts";
import { comparePrecedence } from "./precedence.ts";

/** The first condition of semantics §6 that fails, in the order of its list. */
export type NotSelected =
  | { readonly kind: "other mesh"; readonly policy: string; readonly proxy: string }
  | { readonly kind: "shadow" }
  | { readonly kind: "other zone"; readonly policy: string; readonly proxy: string }
  /** `proxy` is absent where the Dataplane has no namespace, `policy` where the policy should have one. */
  | { readonly kind: "other namespace"; readonly policy: string | undefined; readonly proxy: string | undefined }
  | { readonly kind: "other proxy type"; readonly policy: readonly ProxyType[]; readonly proxy: ProxyType }
  /** No inbound has them all; `missing` are those that the best one lacks. */
  | { readonly kind: "tags"; readonly missing: Labels };

/** Whether a policy selects a proxy, and if not, why. */
export type Selection = { readonly selected: true } | { readonly selected: false; readonly because: NotSelected };

const SELECTED: Selection = { selected: true };
const notSelected = (because: NotSelected): Selection => ({ selected: false, because });

/**
 * Does the policy select the proxy (semantics §6)? Both carry their computed labels. A proxy on which nothing is
 * enforced is selected like any other.
 */
export function selects(policy: MeshPassthrough, dataplane: Dataplane): Selection {
  const { meta } = policy;
  if (meta.mesh !== dataplane.meta.mesh)
    return notSelected({ kind: "other mesh", policy: meta.mesh, proxy: dataplane.meta.mesh });
  if (meta.labels[LABELS.effect] === "shadow") return notSelected({ kind: "shadow" });
  const scope = outOfScope(meta, dataplane.meta);
  if (scope !== undefined) return notSelected(scope);
  return selectsByTarget(policy.targetRef ?? { kind: "Mesh" }, dataplane);
}

/** The policies that select the proxy, in order of precedence, lowest first (semantics §7). */
export function selectPolicies(policies: readonly MeshPassthrough[], dataplane: Dataplane): MeshPassthrough[] {
  return policies.filter((policy) => selects(policy, dataplane).selected).sort(comparePrecedence);
}

/** `Gateway` for delegated and builtin gateways alike. */
export const proxyTypeOf = (dataplane: Dataplane): ProxyType =>
  dataplane.gateway === undefined ? "Sidecar" : "Gateway";

/** All that {@link selects} looks at in a proxy, but for its mesh and its tags. */
export const scopeOf = (dataplane: Dataplane): readonly (string | undefined)[] => [
  proxyTypeOf(dataplane),
  ...[LABELS.origin, LABELS.zone, LABELS.namespace].map((label) => dataplane.meta.labels[label]),
];

/** Zone scope, then namespace scope (Kuma 2.9: dataplane matchers). */
function outOfScope(policy: Meta, proxy: Meta): NotSelected | undefined {
  const role = policy.labels[LABELS.role];
  const policyZone = policy.labels[LABELS.zone];
  const proxyOrigin = proxy.labels[LABELS.origin];
  const zoned = proxyOrigin !== undefined && proxyOrigin !== "global" && role !== "producer";
  if (zoned && policy.labels[LABELS.origin] === "zone" && policyZone !== undefined) {
    const proxyZone = proxy.labels[LABELS.zone];
    // A Dataplane of a zone that has no name is in every zone.
    if (proxyZone !== undefined && proxyZone !== policyZone)
      return { kind: "other zone", policy: policyZone, proxy: proxyZone };
  }
  if (role !== "consumer" && role !== "workload-owner") return undefined;
  const namespaces = { policy: policy.labels[LABELS.namespace], proxy: proxy.labels[LABELS.namespace] };
  const same = namespaces.policy !== undefined && namespaces.policy === namespaces.proxy;
  return same ? undefined : { kind: "other namespace", ...namespaces };
}

function selectsByTarget(target: TargetRef, dataplane: Dataplane): Selection {
  // An empty list, which validation refuses, is read as none.
  const wanted = target.proxyTypes ?? [];
  const proxy = proxyTypeOf(dataplane);
  if (wanted.length > 0 && !wanted.includes(proxy))
    return notSelected({ kind: "other proxy type", policy: wanted, proxy });
  if (target.kind === "Mesh") return SELECTED;
  const candidates = candidateTags(dataplane);
  let best: Labels = target.tags;
  for (const tags of candidates) {
    const missing = missingTags(target.tags, tags);
    if (Object.keys(missing).length === 0) return SELECTED;
    if (Object.keys(missing).length < Object.keys(best).length) best = missing;
  }
  return notSelected({ kind: "tags", missing: best });
}

/**
 * Sets of tags of which one alone must satisfy the selector. An inbound in state `Ignored` counts: leaving it out
 * would open the egress of a proxy whose only inbound is ignored.
 */
export const candidateTags = (dataplane: Dataplane): readonly Labels[] =>
  dataplane.gateway === undefined ? dataplane.inbound.map((inbound) => inbound.tags) : [dataplane.gateway.tags];

/** In a selector: whatever the value of the tag. */
export const ANY_VALUE = "*";

/** The entries of a selector that the tags do not satisfy; `*` asks for any value, but for the tag. */
function missingTags(selector: Labels, tags: Labels): Labels {
  const missing = Object.entries(selector).filter(([tag, value]) => {
    const actual = Object.hasOwn(tags, tag) ? tags[tag] : undefined;
    return actual === undefined || (value !== ANY_VALUE && value !== actual);
  });
  return Object.fromEntries(missing);
}
