import { type LabelContext, withComputedLabels } from "../labels/index.ts";
import {
  type Dataplane,
  LABELS,
  type Labels,
  type MeshPassthrough,
  type Meta,
  type Resource,
  type Rule,
  type TargetRef,
} from "../model/index.ts";
import { parseResources, printResource } from "../text/index.ts";

interface Round {
  readonly dataplane: Dataplane;
  readonly policies: readonly MeshPassthrough[];
  readonly context: LabelContext;
}

/** A policy of mode Matched with one rule, for the service of the proxy, as it is once its text is read. */
export function newPolicyFor(rule: Rule, { dataplane, policies, context }: Round): MeshPassthrough | undefined {
  const { form } = dataplane.meta;
  const draft: MeshPassthrough = {
    type: "MeshPassthrough",
    meta: metaFor(rule, dataplane, policies),
    targetRef: targetFor(dataplane),
    mode: "Matched",
    rules: [rule],
  };
  const read = parseResources("", printResource(draft, form, { systemNamespace: context.systemNamespace }));
  const resource = read.resources[0]?.resource;
  return resource?.type === "MeshPassthrough" ? withComputedLabels<MeshPassthrough>(resource, context) : undefined;
}

/** The text of a policy, in its own form, without the labels that are computed. */
export function policyText(policy: MeshPassthrough, systemNamespace: string): string {
  const { form, mesh, labels } = policy.meta;
  const computed: readonly string[] = [
    LABELS.mesh,
    LABELS.origin,
    LABELS.zone,
    LABELS.env,
    LABELS.role,
    LABELS.namespace,
  ];
  const written: Labels = Object.fromEntries(Object.entries(labels).filter(([label]) => !computed.includes(label)));
  const kept = form === "kubernetes" ? { [LABELS.mesh]: mesh, ...written } : written;
  const resource: Resource = { ...policy, meta: { ...policy.meta, labels: kept } };
  return printResource(resource, form, { systemNamespace });
}

function metaFor(rule: Rule, { meta }: Dataplane, policies: readonly MeshPassthrough[]): Meta {
  const { form, mesh, namespace } = meta;
  const slug = rule.written.value
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  const base = slug === "" ? "allow-any" : `allow-${slug.replace(/-+$/, "")}`;
  const core = (name: string): string => (namespace === undefined ? name : `${name}.${namespace}`);
  const taken = new Set(policies.filter((p) => p.meta.mesh === mesh).map((p) => p.meta.name));
  let name = base;
  for (let n = 2; taken.has(core(name)); n++) name = `${base}-${n}`;
  const labels: Labels = form === "kubernetes" ? { [LABELS.mesh]: mesh } : {};
  const common = { form, mesh, name: core(name), displayName: name, labels, annotations: {} };
  return namespace === undefined ? common : { ...common, namespace };
}

/** The service of the proxy; what else it has as tags, where it names none. */
function targetFor({ inbound, gateway }: Dataplane): TargetRef {
  const tags = gateway?.tags ?? inbound[0]?.tags ?? {};
  const service = tags[SERVICE];
  if (service !== undefined) return { kind: "MeshSubset", tags: { [SERVICE]: service } };
  return Object.keys(tags).length === 0 ? { kind: "Mesh" } : { kind: "MeshSubset", tags };
}

const SERVICE = "kuma.io/service";
