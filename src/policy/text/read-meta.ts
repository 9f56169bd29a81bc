import { type Form, LABELS, type Labels, type Meta, type ResourceType, resourceId } from "../model/index.ts";
import { at, mapField, missing, type Section, stringField, stringsField } from "./fields.ts";
import type { Report } from "./report.ts";

/** Where `kubectl` puts a resource without a namespace, unless its context says otherwise. */
const KUBECTL_NAMESPACE = "default";

/** Name, mesh, labels. Undefined where name or mesh could not be read; then a diagnostic says so. */
export function readMeta(report: Report, root: Section, type: ResourceType, form: Form): Meta | undefined {
  return form === "universal" ? readUniversal(report, root, type) : readKubernetes(report, root, type);
}

/** The id of the resource, as far as mesh and name can be read; reports nothing. */
export function identify(meta: Meta | undefined, type: ResourceType): string | undefined {
  return meta === undefined ? undefined : resourceId(type, meta);
}

function readUniversal(report: Report, root: Section, type: ResourceType): Meta | undefined {
  const name = required(report, root, "name");
  const mesh =
    type === "Mesh" ? name : required(report, root, "mesh", "write `mesh: default`, or the mesh that is meant");
  const labels = stringsField(report, root, "labels");
  if (name === undefined || mesh === undefined) return undefined;
  return { form: "universal", mesh, name, displayName: labels[LABELS.displayName] ?? name, labels, annotations: {} };
}

function required(report: Report, section: Section, field: string, help?: string): string | undefined {
  return section.map.has(field) ? stringField(report, section, field) : missing(report, section, field, help);
}

function readKubernetes(report: Report, root: Section, type: ResourceType): Meta | undefined {
  const section = root.map.has("metadata") ? mapField(report, root, "metadata") : missing(report, root, "metadata");
  const topMesh = type === "Dataplane" ? stringField(report, root, "mesh") : undefined;
  if (section === undefined) return undefined;
  const name = required(report, section, "name");
  const annotations = stringsField(report, section, "annotations");
  const labels = kubernetesLabels(report, section, annotations);
  if (name === undefined) return undefined;
  const displayName = annotations[LABELS.displayName] ?? name;
  if (type === "Mesh") return { form: "kubernetes", mesh: name, name, displayName, labels, annotations };
  const namespace = namespaceOf(report, section);
  if (namespace === undefined) return undefined;
  return {
    form: "kubernetes",
    mesh: topMesh ?? labels[LABELS.mesh] ?? "default",
    name: `${name}.${namespace}`,
    namespace,
    displayName,
    labels,
    annotations,
  };
}

function namespaceOf(report: Report, metadata: Section): string | undefined {
  if (metadata.map.has("namespace")) return stringField(report, metadata, "namespace");
  report.add({
    code: "W308-namespace-assumed",
    path: at(metadata, "namespace"),
    message: `no namespace: \`${KUBECTL_NAMESPACE}\` is assumed, as \`kubectl\` does where its context has none`,
    help: "write `namespace`: it decides which proxies a policy selects",
  });
  return KUBECTL_NAMESPACE;
}

/** On Kubernetes the display name is an annotation, and a label of that name means nothing. */
function kubernetesLabels(report: Report, metadata: Section, annotations: Labels): Labels {
  const { [LABELS.displayName]: asLabel, ...labels } = stringsField(report, metadata, "labels");
  const asAnnotation = annotations[LABELS.displayName];
  if (asLabel !== undefined && asLabel !== asAnnotation)
    report.add({
      code: "W307-label-replaced",
      path: [...metadata.path, "labels", LABELS.displayName],
      message: `the label \`${LABELS.displayName}\` has no effect on Kubernetes`,
      help: "write it as an annotation",
      at: "key",
    });
  return asAnnotation === undefined ? labels : { ...labels, [LABELS.displayName]: asAnnotation };
}
