import { LABELS, type Labels, type MeshPassthrough, PROXY_TYPES } from "../model/index.ts";

/** Which proxies a policy can select, whatever proxies there are. Policies with equal keys select the same ones. */
export interface Selector {
  readonly mesh: string;
  /** Never empty. */
  readonly proxyTypes: readonly string[];
  /** Proxies of this zone, and those of no zone. */
  readonly zone?: string;
  readonly namespace?: string;
  /** Absent: kind Mesh. */
  readonly tags?: Labels;
}

/** Undefined for a policy that can select no proxy at all: a shadow, or one that lacks the namespace it belongs to. */
export function selectorOf({ meta, targetRef }: MeshPassthrough): Selector | undefined {
  const { labels } = meta;
  if (labels[LABELS.effect] === "shadow") return undefined;
  const role = labels[LABELS.role];
  const isOfNamespace = role === "consumer" || role === "workload-owner";
  const namespace = isOfNamespace ? labels[LABELS.namespace] : undefined;
  if (isOfNamespace && namespace === undefined) return undefined;
  const zone = role !== "producer" && labels[LABELS.origin] === "zone" ? labels[LABELS.zone] : undefined;
  const named = targetRef?.proxyTypes ?? [];
  return {
    mesh: meta.mesh,
    proxyTypes: named.length === 0 ? PROXY_TYPES : PROXY_TYPES.filter((type) => named.includes(type)),
    ...(zone === undefined ? {} : { zone }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(targetRef?.kind === "MeshSubset" ? { tags: targetRef.tags } : {}),
  };
}

/** Equal exactly for selectors that say the same. */
export function selectorKey({ mesh, proxyTypes, zone, namespace, tags }: Selector): string {
  const sorted = tags === undefined ? null : Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify([mesh, proxyTypes, zone ?? null, namespace ?? null, sorted]);
}

/** Does `outer` select every proxy that `inner` selects, whatever proxies there are? */
export function includes(outer: Selector, inner: Selector): boolean {
  return (
    outer.mesh === inner.mesh &&
    inner.proxyTypes.every((type) => outer.proxyTypes.includes(type)) &&
    (outer.zone === undefined || outer.zone === inner.zone) &&
    (outer.namespace === undefined || outer.namespace === inner.namespace) &&
    includesTags(outer.tags, inner.tags)
  );
}

function includesTags(outer: Labels | undefined, inner: Labels | undefined): boolean {
  if (outer === undefined) return true;
  if (inner === undefined) return false;
  return Object.entries(outer).every(([tag, value]) => {
    const other = Object.hasOwn(inner, tag) ? inner[tag] : undefined;
    return other !== undefined && (value === "*" || value === other);
  });
}
