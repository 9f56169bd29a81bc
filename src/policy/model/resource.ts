import type { Mode, Rule } from "./rule.ts";

/** Labels that mean something to matching and merging. */
export const LABELS = {
  mesh: "kuma.io/mesh",
  origin: "kuma.io/origin",
  zone: "kuma.io/zone",
  env: "kuma.io/env",
  role: "kuma.io/policy-role",
  displayName: "kuma.io/display-name",
  effect: "kuma.io/effect",
  namespace: "k8s.kuma.io/namespace",
} as const;

export type Labels = Readonly<Record<string, string>>;

/** How a resource was written. The meaning is the same; labels are computed differently. */
export type Form = "universal" | "kubernetes";

export const RESOURCE_TYPES = ["Mesh", "Dataplane", "MeshPassthrough"] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

/** What every resource has. */
export interface Meta {
  readonly form: Form;
  /** The mesh; for a Mesh its own name. */
  readonly mesh: string;
  /** Core name: unique in the mesh. Kubernetes: `<metadata.name>.<metadata.namespace>`. */
  readonly name: string;
  /** Kubernetes namespace; absent in Universal form. */
  readonly namespace?: string;
  /** Name without namespace: the label `kuma.io/display-name`, else `metadata.name` or `name`. Breaks ties. */
  readonly displayName: string;
  /** As written, in Kubernetes form also those that come from `metadata`; computed ones are added by `labels`. */
  readonly labels: Labels;
  /** Kubernetes annotations, and nothing in Universal form. */
  readonly annotations: Labels;
}

export interface Mesh {
  readonly type: "Mesh";
  readonly meta: Meta;
  /** `networking.outbound.passthrough`; absent means true. */
  readonly passthrough?: boolean;
}

export const INBOUND_STATES = ["Ready", "NotReady", "Ignored"] as const;

export interface Inbound {
  readonly port: number;
  readonly address?: string;
  readonly tags: Labels;
  readonly state?: (typeof INBOUND_STATES)[number];
}

export interface Gateway {
  readonly type: "DELEGATED" | "BUILTIN";
  readonly tags: Labels;
}

export const IP_FAMILY_MODES = ["UnSpecified", "DualStack", "IPv4", "IPv6"] as const;
export type IpFamilyMode = (typeof IP_FAMILY_MODES)[number];

export interface TransparentProxying {
  /** 0: as without transparent proxy. */
  readonly redirectPortOutbound: number;
  readonly redirectPortInbound: number;
  readonly ipFamilyMode: IpFamilyMode;
}

export interface Dataplane {
  readonly type: "Dataplane";
  readonly meta: Meta;
  readonly address: string;
  readonly inbound: readonly Inbound[];
  readonly gateway?: Gateway;
  readonly transparentProxying?: TransparentProxying;
}

export const PROXY_TYPES = ["Sidecar", "Gateway"] as const;
export type ProxyType = (typeof PROXY_TYPES)[number];

/** The kinds of `targetRef` that this policy supports. */
export type TargetRef =
  | { readonly kind: "Mesh"; readonly proxyTypes?: readonly ProxyType[] }
  | { readonly kind: "MeshSubset"; readonly proxyTypes?: readonly ProxyType[]; readonly tags: Labels };

export interface MeshPassthrough {
  readonly type: "MeshPassthrough";
  readonly meta: Meta;
  /** Absent: as kind Mesh. */
  readonly targetRef?: TargetRef;
  /** Absent: another policy that selects the proxy may set it. */
  readonly mode?: Mode;
  /** `default.appendMatch`, in the order written: the index is part of a PolicyRef. */
  readonly rules: readonly Rule[];
}

export type Resource = Mesh | Dataplane | MeshPassthrough;

/** `MeshPassthrough/default/allow-some`: names a resource in diagnostics; a Mesh is `Mesh/<name>`. */
export function resourceId(type: ResourceType, meta: Pick<Meta, "mesh" | "name">): string {
  return type === "Mesh" ? `Mesh/${meta.name}` : `${type}/${meta.mesh}/${meta.name}`;
}
