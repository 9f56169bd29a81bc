import type { ResourceType } from "../resource.ts";
import type { Field, ObjectField } from "./field.ts";
import { DATAPLANE_FIELDS, MESH_FIELDS } from "./mesh-and-dataplane.ts";
import { MESH_PASSTHROUGH_SPEC } from "./mesh-passthrough.ts";

const DOCS: Readonly<Record<ResourceType, string>> = {
  Mesh: "A mesh: here, what proxies do that no MeshPassthrough selects.",
  Dataplane: "A proxy beside one workload: here, what selects it and whether its traffic is redirected.",
  MeshPassthrough: "Which traffic to destinations outside the mesh some proxies let out.",
};

const NAME: Field = {
  type: "string",
  doc: "The name, unique in its mesh: lower-case letters, digits, `-` and `.`. Where all else is equal, the policy with the smallest name has precedence.",
};
const MESH: Field = { type: "string", examples: ["default"], doc: "The mesh that the resource belongs to." };
const LABELS: Field = {
  type: "map",
  doc: "Labels. `kuma.io/effect: shadow` keeps a policy from being enforced.",
};
const TIME: Field = { type: "string", doc: "Filled in by the control plane." };

const typeField = (type: ResourceType): Field => ({ type: "string", enum: [type], doc: DOCS[type] });

/** A MeshPassthrough in Universal form, as Kuma's REST API takes it. */
export const UNIVERSAL_POLICY: ObjectField = {
  type: "object",
  doc: DOCS.MeshPassthrough,
  required: ["type", "name", "spec"],
  fields: {
    type: typeField("MeshPassthrough"),
    mesh: MESH,
    name: NAME,
    labels: LABELS,
    spec: MESH_PASSTHROUGH_SPEC,
  },
};

/** A whole document in Universal form; `times` are in what an API answers. */
export function universalDocument(type: ResourceType): ObjectField {
  const times = { creationTime: TIME, modificationTime: TIME };
  if (type === "MeshPassthrough")
    return {
      ...UNIVERSAL_POLICY,
      required: ["type", "mesh", "name", "spec"],
      fields: { ...UNIVERSAL_POLICY.fields, ...times },
    };
  const body = type === "Mesh" ? MESH_FIELDS : DATAPLANE_FIELDS;
  const inMesh = type === "Mesh" ? {} : { mesh: MESH };
  return {
    ...body,
    doc: DOCS[type],
    required: ["type", ...Object.keys(inMesh), "name", ...(body.required ?? [])],
    fields: { type: typeField(type), ...inMesh, name: NAME, labels: LABELS, ...times, ...body.fields },
  };
}

const METADATA: ObjectField = {
  type: "object",
  open: true,
  doc: "Kubernetes' metadata.",
  fields: {
    name: NAME,
    namespace: {
      type: "string",
      examples: ["kuma-system"],
      doc: "In the control plane's namespace a policy is for the whole mesh, elsewhere for the proxies of that namespace.",
    },
    labels: {
      type: "map",
      doc: "Labels. `kuma.io/mesh` is the mesh, else `default`; `kuma.io/effect: shadow` keeps a policy from being enforced.",
    },
    annotations: { type: "map", doc: "Annotations." },
  },
};

const SPECS: Readonly<Record<ResourceType, ObjectField>> = {
  Mesh: MESH_FIELDS,
  Dataplane: DATAPLANE_FIELDS,
  MeshPassthrough: MESH_PASSTHROUGH_SPEC,
};

/** A whole document in Kubernetes form. */
export function kubernetesDocument(type: ResourceType): ObjectField {
  return {
    type: "object",
    doc: DOCS[type],
    required: ["apiVersion", "kind", "metadata", ...(type === "Dataplane" ? ["spec"] : [])],
    fields: {
      apiVersion: { type: "string", enum: ["kuma.io/v1alpha1"], doc: "The version of the resource's form." },
      kind: typeField(type),
      ...(type === "Dataplane" ? { mesh: MESH } : {}),
      metadata: METADATA,
      spec: SPECS[type],
      status: { type: "object", open: true, fields: {} },
    },
  };
}
