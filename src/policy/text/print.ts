import { stringify } from "yaml";
import {
  type Dataplane,
  type Form,
  LABELS,
  type Labels,
  type Mesh,
  type MeshPassthrough,
  type Meta,
  type Resource,
} from "../model/index.ts";

/** What printing in another form needs to know. */
export interface PrintOptions {
  /** The control plane's namespace: what is in it has no namespace label in Universal form. Default `kuma-system`. */
  readonly systemNamespace?: string;
}

type Plain = Readonly<Record<string, unknown>>;

/**
 * A resource as a YAML document, in either form; reading the text gives the resource back. Only fields that the
 * model holds are printed. From one form to the other, the namespace becomes the label `k8s.kuma.io/namespace` (none
 * for the system namespace), the mesh of a policy the label `kuma.io/mesh`, the display name an annotation, and back;
 * all other annotations exist on Kubernetes only.
 */
export function printResource(resource: Resource, form: Form, options: PrintOptions = {}): string {
  const systemNamespace = options.systemNamespace ?? "kuma-system";
  const document = form === "universal" ? universal(resource, systemNamespace) : kubernetes(resource, systemNamespace);
  // Other tools still read YAML 1.1: what is a string in 1.2 only, such as `yes`, is put in quotes.
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false, compat: "yaml-1.1" });
}

function universal(resource: Resource, systemNamespace: string): Plain {
  const { meta } = resource;
  return {
    type: resource.type,
    ...(resource.type === "Mesh" ? {} : { mesh: meta.mesh }),
    name: bareName(meta),
    ...filled("labels", meta.form === "universal" ? meta.labels : universalLabels(meta, systemNamespace)),
    ...(resource.type === "MeshPassthrough" ? { spec: specOf(resource) } : specOf(resource)),
  };
}

function universalLabels(meta: Meta, systemNamespace: string): Labels {
  const labels = meta.labels[LABELS.mesh] === meta.mesh ? without(meta.labels, LABELS.mesh) : meta.labels;
  if (meta.namespace === undefined || meta.namespace === systemNamespace) return labels;
  return { ...labels, [LABELS.namespace]: meta.namespace };
}

function kubernetes(resource: Resource, systemNamespace: string): Plain {
  const { type, meta } = resource;
  const displayName = meta.labels[LABELS.displayName];
  const annotations =
    displayName === undefined ? meta.annotations : { ...meta.annotations, [LABELS.displayName]: displayName };
  return {
    apiVersion: "kuma.io/v1alpha1",
    kind: type,
    ...(type === "Dataplane" ? { mesh: meta.mesh } : {}),
    metadata: {
      name: bareName(meta),
      ...(type === "Mesh" ? {} : { namespace: meta.namespace ?? meta.labels[LABELS.namespace] ?? systemNamespace }),
      ...filled("labels", kubernetesLabels(resource)),
      ...filled("annotations", annotations),
    },
    spec: specOf(resource),
  };
}

function kubernetesLabels({ type, meta }: Resource): Labels {
  const labels = without(meta.labels, LABELS.displayName);
  if (meta.form === "kubernetes") return labels;
  const rest = type === "Mesh" ? labels : without(labels, LABELS.namespace);
  return type === "MeshPassthrough" ? { ...rest, [LABELS.mesh]: meta.mesh } : rest;
}

/** The name as written: without the namespace that a core name ends in. */
const bareName = (meta: Meta): string =>
  meta.namespace === undefined ? meta.name : meta.name.slice(0, -meta.namespace.length - 1);

function specOf(resource: Resource): Plain {
  switch (resource.type) {
    case "Mesh":
      return meshSpec(resource);
    case "Dataplane":
      return dataplaneSpec(resource);
    case "MeshPassthrough":
      return policySpec(resource);
  }
}

const meshSpec = ({ passthrough }: Mesh): Plain =>
  passthrough === undefined ? {} : { networking: { outbound: { passthrough } } };

function dataplaneSpec({ address, inbound, gateway, transparentProxying }: Dataplane): Plain {
  return {
    networking: {
      address,
      ...(inbound.length === 0
        ? {}
        : { inbound: inbound.map(({ tags, ...rest }) => ({ ...rest, ...filled("tags", tags) })) }),
      ...(gateway === undefined ? {} : { gateway: { type: gateway.type, ...filled("tags", gateway.tags) } }),
      ...(transparentProxying === undefined ? {} : { transparentProxying }),
    },
  };
}

function policySpec({ targetRef, mode, rules }: MeshPassthrough): Plain {
  return {
    ...(targetRef === undefined
      ? {}
      : {
          targetRef: {
            kind: targetRef.kind,
            ...(targetRef.kind === "MeshSubset" ? filled("tags", targetRef.tags) : {}),
            ...(targetRef.proxyTypes === undefined ? {} : { proxyTypes: targetRef.proxyTypes }),
          },
        }),
    default: {
      ...(mode === undefined ? {} : { passthroughMode: mode }),
      ...(rules.length === 0
        ? {}
        : {
            appendMatch: rules.map(({ written: { type, value, port, protocol } }) => ({
              type,
              value,
              ...(port === undefined ? {} : { port }),
              protocol,
            })),
          }),
    },
  };
}

const filled = (field: string, map: Labels): Plain => (Object.keys(map).length === 0 ? {} : { [field]: map });

const without = (labels: Labels, name: string): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => key !== name));
