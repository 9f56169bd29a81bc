import { type Path, quote } from "../diagnostics/index.ts";
import type { Form, ResourceType } from "../model/index.ts";
import { wrongType } from "./fields.ts";
import { nearestWord } from "./nearest.ts";
import type { Report } from "./report.ts";
import { isList, isMap, type Value, type ValueMap } from "./value.ts";

/**
 * The fields of a map, or of each map in a list. `any`: not looked into here, since what reads the field says what is
 * wrong with it, or nothing does read it. A check is for what no reader wants and has a type all the same.
 */
export type Known = "any" | Fields | Check;

/** Reports what a value must not be. */
type Check = (report: Report, value: Value, path: Path) => void;

/** What a map may have. */
export interface Fields {
  readonly [field: string]: Known;
}

const text: Check = (report, value, path) => {
  if (typeof value !== "string") wrongType(report, path, value, "string");
};
const number: Check = (report, value, path) => {
  if (typeof value !== "number") wrongType(report, path, value, "number");
};
const flag: Check = (report, value, path) => {
  if (typeof value !== "boolean") wrongType(report, path, value, "boolean");
};

const mapOf =
  (fields: Fields): Check =>
  (report, value, path) => {
    if (isMap(value)) checkFields(report, value, path, fields);
    else wrongType(report, path, value, "map");
  };

const listOf =
  (item: Check): Check =>
  (report, value, path) => {
    if (!isList(value)) wrongType(report, path, value, "list");
    else for (const [i, inner] of value.entries()) item(report, inner, [...path, i]);
  };

const texts: Check = (report, value, path) => {
  if (!isMap(value)) wrongType(report, path, value, "map");
  else for (const [key, inner] of value) text(report, inner, [...path, key]);
};

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

/** Kinds, names and ports of backends are checked with the Dataplane. */
const BACKEND_REF = mapOf({ kind: "any", name: text, namespace: text, port: "any", labels: texts });

const REF = mapOf({ kind: text, name: text, namespace: text, port: number, labels: texts });

const INBOUND: Fields = {
  address: "any",
  port: "any",
  servicePort: "any",
  serviceAddress: text,
  name: text,
  tags: "any",
  state: "any",
  health: mapOf({ ready: flag }),
  serviceProbe: mapOf({
    interval: "any",
    timeout: "any",
    unhealthyThreshold: "any",
    healthyThreshold: "any",
    tcp: mapOf({}),
  }),
};

const DATAPLANE_SPEC: Fields = {
  networking: {
    address: "any",
    advertisedAddress: text,
    admin: mapOf({ port: number }),
    inbound: INBOUND,
    outbound: listOf(mapOf({ address: text, port: "any", tags: texts, service: text, backendRef: BACKEND_REF })),
    gateway: { type: "any", tags: "any" },
    transparentProxying: {
      redirectPortInbound: "any",
      redirectPortInboundV6: number,
      redirectPortOutbound: "any",
      directAccessServices: listOf(text),
      reachableServices: listOf(text),
      reachableBackends: mapOf({ refs: listOf(REF) }),
      ipFamilyMode: "any",
    },
  },
  metrics: mapOf({ name: text, type: "any", conf: "any" }),
  probes: mapOf({ port: "any", endpoints: listOf(mapOf({ inboundPort: "any", inboundPath: "any", path: "any" })) }),
};

const BACKENDS = mapOf({ defaultBackend: text, backends: "any" });

const MESH_SPEC: Fields = {
  mtls: mapOf({ enabledBackend: text, backends: "any", skipValidation: flag }),
  tracing: BACKENDS,
  logging: BACKENDS,
  metrics: mapOf({ enabledBackend: text, backends: "any" }),
  networking: { outbound: { passthrough: "any" } },
  routing: mapOf({ localityAwareLoadBalancing: flag, zoneEgress: flag, defaultForbidMeshExternalServiceAccess: flag }),
  constraints: mapOf({ dataplaneProxy: mapOf({ requirements: "any", restrictions: "any" }) }),
  skipCreatingInitialPolicies: listOf(text),
  meshServices: mapOf({ mode: text }),
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
  creationTime: text,
  modificationTime: text,
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

/** Warn of every field that is not known: it has no effect, and in a security policy that must be seen. And runs checks of types. */
export function checkFields(report: Report, value: Value, path: Path, known: Known): void {
  if (known === "any") return;
  if (typeof known === "function") known(report, value, path);
  else if (isList(value)) for (const [i, item] of value.entries()) checkFields(report, item, [...path, i], known);
  else if (isMap(value)) checkMap(report, value, path, known);
}

function checkMap(report: Report, map: ValueMap, path: Path, known: Fields): void {
  for (const [field, inner] of map) {
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
