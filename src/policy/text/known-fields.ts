import { type Path, quote } from "../diagnostics/index.ts";
import type { Form, ResourceType } from "../model/index.ts";
import { nearestWord } from "./nearest.ts";
import type { Report } from "./report.ts";
import { isList, isMap, type Value } from "./value.ts";

/** The fields of a map, or of each map in a list; `any`: not looked into. */
export type Known = "any" | Fields;

/** What a map may have. */
export interface Fields {
  readonly [field: string]: Known;
}

const TARGET_REF: Fields = {
  kind: "any",
  name: "any",
  namespace: "any",
  mesh: "any",
  labels: "any",
  sectionName: "any",
  tags: "any",
  proxyTypes: "any",
};

const POLICY_SPEC: Fields = {
  targetRef: TARGET_REF,
  default: {
    passthroughMode: "any",
    appendMatch: { type: "any", value: "any", port: "any", protocol: "any" },
  },
};

const REF: Fields = { kind: "any", name: "any", namespace: "any", port: "any", labels: "any" };
const SERVICE_PROBE: Fields = {
  interval: "any",
  timeout: "any",
  unhealthyThreshold: "any",
  healthyThreshold: "any",
  tcp: "any",
};

const DATAPLANE_SPEC: Fields = {
  networking: {
    address: "any",
    advertisedAddress: "any",
    admin: { port: "any" },
    inbound: {
      address: "any",
      port: "any",
      servicePort: "any",
      serviceAddress: "any",
      name: "any",
      tags: "any",
      state: "any",
      health: { ready: "any" },
      serviceProbe: SERVICE_PROBE,
    },
    outbound: { address: "any", port: "any", tags: "any", service: "any", backendRef: REF },
    gateway: { type: "any", tags: "any" },
    transparentProxying: {
      redirectPortInbound: "any",
      redirectPortInboundV6: "any",
      redirectPortOutbound: "any",
      directAccessServices: "any",
      reachableServices: "any",
      reachableBackends: { refs: REF },
      ipFamilyMode: "any",
    },
  },
  metrics: { name: "any", type: "any", conf: "any" },
  probes: { port: "any", endpoints: { inboundPort: "any", inboundPath: "any", path: "any" } },
};

const BACKENDS: Fields = { defaultBackend: "any", backends: "any" };

const MESH_SPEC: Fields = {
  mtls: { enabledBackend: "any", backends: "any", skipValidation: "any" },
  tracing: BACKENDS,
  logging: BACKENDS,
  metrics: { enabledBackend: "any", backends: "any" },
  networking: { outbound: { passthrough: "any" } },
  routing: {
    localityAwareLoadBalancing: "any",
    zoneEgress: "any",
    defaultForbidMeshExternalServiceAccess: "any",
  },
  constraints: { dataplaneProxy: { requirements: "any", restrictions: "any" } },
  skipCreatingInitialPolicies: "any",
  meshServices: { mode: "any" },
};

const SPECS: Readonly<Record<ResourceType, Fields>> = {
  Mesh: MESH_SPEC,
  Dataplane: DATAPLANE_SPEC,
  MeshPassthrough: POLICY_SPEC,
};

const UNIVERSAL: Fields = {
  type: "any",
  name: "any",
  labels: "any",
  creationTime: "any",
  modificationTime: "any",
};

const METADATA: Fields = {
  name: "any",
  namespace: "any",
  labels: "any",
  annotations: "any",
  generateName: "any",
  uid: "any",
  resourceVersion: "any",
  generation: "any",
  creationTimestamp: "any",
  deletionTimestamp: "any",
  deletionGracePeriodSeconds: "any",
  finalizers: "any",
  managedFields: "any",
  ownerReferences: "any",
  selfLink: "any",
};

/** The documented fields of Kuma 2.9, of the three types in both forms. */
export function knownFields(type: ResourceType, form: Form): Fields {
  const spec = SPECS[type];
  if (form === "kubernetes") {
    const mesh: Fields = type === "Dataplane" ? { mesh: "any" } : {};
    return { apiVersion: "any", kind: "any", metadata: METADATA, ...mesh, spec, status: "any" };
  }
  const mesh: Fields = type === "Mesh" ? {} : { mesh: "any" };
  if (type === "MeshPassthrough") return { ...UNIVERSAL, ...mesh, spec };
  return { ...UNIVERSAL, ...mesh, ...spec };
}

/** Warn of every field that is not known: it has no effect, and in a security policy that must be seen. */
export function checkFields(report: Report, value: Value, path: Path, known: Known): void {
  if (known === "any") return;
  if (isList(value)) {
    for (const [i, item] of value.entries()) checkFields(report, item, [...path, i], known);
    return;
  }
  if (!isMap(value)) return;
  for (const [field, inner] of value) {
    const below = Object.hasOwn(known, field) ? known[field] : undefined;
    if (below === undefined) report.add(unknownField(field, path, known));
    else if (below !== "any") checkFields(report, inner, [...path, field], below);
  }
}

function unknownField(field: string, path: Path, known: Fields) {
  const nearest = nearestWord(field, Object.keys(known));
  return {
    code: "W301-unknown-field",
    path: [...path, field],
    message: `unknown field ${quote(field)}: it has no effect`,
    help: nearest === undefined ? `known here: ${quoted(Object.keys(known))}` : `did you mean \`${nearest}\`?`,
    at: "key",
  } as const;
}

const quoted = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(", ");
