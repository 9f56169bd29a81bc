import { LABELS } from "../../model/index.ts";
import { DATAPLANE, MESH } from "./messages.ts";
import { decodeProto } from "./proto.ts";
import { textMap } from "./tags.ts";
import { asArray, asObject, asText, byCode, type JsonObject } from "./violation.ts";

/** The time of a resource that was never stored. */
const NEVER = "0001-01-01T00:00:00Z";

/**
 * A Universal document as Kuma's REST API prints it: its fields in their order, those that Kuma does not know left out,
 * labels sorted, and with `times` the two that every answer has. Takes a document that Kuma accepts.
 */
export function kumaRestView(resource: unknown, options: { readonly times: boolean }): JsonObject {
  const root = asObject(resource) ?? {};
  const labels = textMap(root.labels);
  const times = {
    creationTime: asText(root.creationTime) || NEVER,
    modificationTime: asText(root.modificationTime) || NEVER,
  };
  return {
    type: root.type,
    ...(asText(root.mesh) === "" ? {} : { mesh: root.mesh }),
    name: root.name,
    ...(options.times ? times : {}),
    ...filled("labels", sortedMap(labels)),
    ...(root.type === "MeshPassthrough" ? { spec: policySpec(root.spec) } : protoSpec(root)),
  };
}

/** The same resource as Kuma stores it on Kubernetes. Labels are not part of it: Kuma takes those that it computes. */
export function kumaKubernetesView(resource: unknown, namespace: string): JsonObject {
  const root = asObject(resource) ?? {};
  const isMesh = root.type === "Mesh";
  return {
    kind: root.type,
    apiVersion: "kuma.io/v1alpha1",
    metadata: {
      name: root.name,
      ...(isMesh ? {} : { namespace }),
      ...(root.type === "MeshPassthrough" ? { labels: { [LABELS.mesh]: root.mesh } } : {}),
    },
    ...(root.type === "Dataplane" ? { mesh: root.mesh } : {}),
    spec: root.type === "MeshPassthrough" ? policySpec(root.spec) : protoSpec(root),
  };
}

function protoSpec(root: JsonObject): JsonObject {
  const decoded = decodeProto(root, root.type === "Mesh" ? MESH : DATAPLANE);
  return decoded.ok ? (asObject(decoded.value) ?? {}) : {};
}

/** `default` is a value in Kuma, never absent. */
function policySpec(spec: unknown): JsonObject {
  const { targetRef, default: conf } = asObject(spec) ?? {};
  return {
    ...(targetRef === undefined ? {} : { targetRef: ordered(targetRef, TARGET_REF) }),
    default: {
      ...ordered(conf, ["passthroughMode"]),
      ...filledList(
        "appendMatch",
        asArray(asObject(conf)?.appendMatch).map((match) => ordered(match, MATCH)),
      ),
    },
  };
}

const TARGET_REF = ["kind", "name", "tags", "mesh", "proxyTypes", "namespace", "labels", "sectionName"];
const MATCH = ["type", "value", "port", "protocol"];

function ordered(value: unknown, fields: readonly string[]): JsonObject {
  const object = asObject(value) ?? {};
  const kept = fields.flatMap((field): [string, unknown][] => {
    const inner = object[field];
    if (inner === undefined || inner === null) return [];
    return [[field, field === "tags" || field === "labels" ? sortedMap(textMap(inner)) : inner]];
  });
  return Object.fromEntries(kept);
}

const sortedMap = (map: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => byCode(a, b)));

const filled = (field: string, map: JsonObject): JsonObject => (Object.keys(map).length === 0 ? {} : { [field]: map });
const filledList = (field: string, list: readonly unknown[]): JsonObject =>
  list.length === 0 ? {} : { [field]: list };
