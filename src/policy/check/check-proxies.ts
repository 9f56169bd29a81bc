import { DIAGNOSTIC_CODES, type Diagnostic } from "../diagnostics/index.ts";
import { selects } from "../match/index.ts";
import { EffectiveIndex, effectivePolicy, notEnforced } from "../merge/index.ts";
import {
  type Dataplane,
  type EffectivePolicy,
  type Mesh,
  type MeshPassthrough,
  type NotEnforced,
  resourceId,
} from "../model/index.ts";
import type { Located } from "../text/index.ts";
import type { CheckedProxy } from "./checked.ts";

/** The effective policy of every proxy. Takes resources with computed labels. */
export function checkProxies(resources: readonly Located[]): CheckedProxy[] {
  const meshes = new Map<string, Mesh>();
  const policies: MeshPassthrough[] = [];
  const dataplanes: Dataplane[] = [];
  for (const { resource } of resources) {
    if (resource.type === "Mesh") meshes.set(resource.meta.name, resource);
    else if (resource.type === "Dataplane") dataplanes.push(resource);
    else policies.push(resource);
  }
  const effectiveOf = effectivePolicies({ meshes, policies, dataplanes });
  return dataplanes.map((dataplane) => {
    let selections: CheckedProxy["policies"] | undefined;
    return {
      dataplane,
      effective: effectiveOf(dataplane),
      // Asked for of one proxy at most times: for all of them it would be every policy times every proxy.
      get policies() {
        selections ??= policies.map((policy) => ({ policy, selection: selects(policy, dataplane) }));
        return selections;
      },
    };
  });
}

interface PolicySet {
  readonly meshes: ReadonlyMap<string, Mesh>;
  readonly policies: readonly MeshPassthrough[];
  readonly dataplanes: readonly Dataplane[];
}

/** One object for all proxies that the same policies select. */
function effectivePolicies({ meshes, policies, dataplanes }: PolicySet): (dataplane: Dataplane) => EffectivePolicy {
  const plain = (dataplane: Dataplane) => effectivePolicy(meshes.get(dataplane.meta.mesh), policies, dataplane);
  // The level `kuma-2.9` lets names be taken twice, which an index does not know.
  if (hasTwins(policies) || hasTwins(dataplanes)) return plain;
  const indexes = new Map<string, EffectiveIndex>();
  const indexOf = (mesh: string): EffectiveIndex => {
    const index = indexes.get(mesh) ?? new EffectiveIndex();
    indexes.set(mesh, index);
    return index;
  };
  for (const [name, mesh] of meshes) indexOf(name).setMesh(mesh);
  for (const policy of policies) indexOf(policy.meta.mesh).putPolicy(policy);
  for (const dataplane of dataplanes) indexOf(dataplane.meta.mesh).putProxy(dataplane);
  for (const index of indexes.values()) index.refresh();
  return (dataplane) => indexOf(dataplane.meta.mesh).of(dataplane.meta.name)?.effective ?? plain(dataplane);
}

const hasTwins = (resources: readonly (MeshPassthrough | Dataplane)[]): boolean =>
  new Set(resources.map(({ type, meta }) => resourceId(type, meta))).size < resources.length;

const WHY: Readonly<Record<NotEnforced, string>> = {
  "no transparent proxy": "without `networking.transparentProxying` and its `redirectPortOutbound`",
  "builtin gateway": "on a builtin gateway",
};

/** A warning for every proxy that policies cannot restrict: whatever they say, all its traffic may leave. */
export function* notEnforcedWarnings(resources: readonly Located[]): Generator<Diagnostic> {
  for (const { resource, spanOf } of resources) {
    const why = resource.type === "Dataplane" ? notEnforced(resource) : undefined;
    if (why === undefined) continue;
    const path = [...(resource.meta.form === "kubernetes" ? ["spec"] : []), "networking"];
    const span = spanOf(resource.meta.form === "kubernetes" ? ["metadata", "name"] : ["name"]);
    yield {
      code: "W305-not-enforced",
      severity: DIAGNOSTIC_CODES["W305-not-enforced"],
      resource: resourceId(resource.type, resource.meta),
      path,
      message: `no policy has an effect on this proxy, ${WHY[why]}: all its traffic may leave`,
      ...(span === undefined ? {} : { span }),
    };
  }
}
