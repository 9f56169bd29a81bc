import { DIAGNOSTIC_CODES, type Diagnostic } from "../diagnostics/index.ts";
import { selects } from "../match/index.ts";
import { effectivePolicy, notEnforced } from "../merge/index.ts";
import { type Dataplane, type Mesh, type MeshPassthrough, type NotEnforced, resourceId } from "../model/index.ts";
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
  return dataplanes.map((dataplane) => ({
    dataplane,
    effective: effectivePolicy(meshes.get(dataplane.meta.mesh), policies, dataplane),
    policies: policies.map((policy) => ({ policy, selection: selects(policy, dataplane) })),
  }));
}

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
