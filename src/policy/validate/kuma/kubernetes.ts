import { type Field, MESH_PASSTHROUGH_SPEC } from "../../model/index.ts";
import { kumaDataplaneViolations } from "./dataplane.ts";
import { kubernetesLabelViolations, subdomainFaults } from "./labels.ts";
import { kumaSpecViolations } from "./meshpassthrough.ts";
import { DATAPLANE, MESH } from "./messages.ts";
import { decodeProto } from "./proto.ts";
import { kumaCrdViolations } from "./schema.ts";
import { type KumaVerdict, policyDecodingError, verdict } from "./universal.ts";
import { asArray, asObject, asText, type JsonObject, type Violation } from "./violation.ts";

/**
 * A Kubernetes document, as an API server with Kuma's CRDs and webhooks takes it. Unknown fields and nulls are dropped
 * and defaults filled in first; then the schema with name and labels, and if that passes the validator of the type.
 */
export function kumaKubernetes(resource: unknown): KumaVerdict {
  const root = asObject(resource) ?? {};
  const isPolicy = root.kind === "MeshPassthrough";
  const spec = isPolicy ? storedSpec(root.spec) : root.spec;
  const refused = [
    ...metadataViolations(asObject(root.metadata) ?? {}),
    ...(isPolicy && spec !== undefined ? kumaCrdViolations(spec) : []),
  ];
  if (refused.length > 0) return verdict(refused);
  return isPolicy ? validatePolicy(spec) : validateProto(root);
}

function validatePolicy(spec: unknown): KumaVerdict {
  const error = policyDecodingError(spec);
  return error === undefined ? verdict(kumaSpecViolations(spec)) : { valid: false, error };
}

function validateProto({ kind, spec }: JsonObject): KumaVerdict {
  const decoded = decodeProto(spec ?? {}, kind === "Mesh" ? MESH : DATAPLANE);
  if (!decoded.ok) return { valid: false, error: decoded.error };
  return verdict(kind === "Mesh" ? [] : kumaDataplaneViolations(asObject(decoded.value) ?? {}));
}

function metadataViolations(metadata: JsonObject): Violation[] {
  const name = asText(metadata.name);
  const generated = asText(metadata.generateName) !== "";
  const out: Violation[] =
    name === "" && !generated
      ? [{ field: "metadata.name", message: "Required value: name or generateName is required" }]
      : [];
  if (name !== "")
    for (const fault of subdomainFaults(name))
      out.push({ field: "metadata.name", message: `Invalid value: ${JSON.stringify(name)}: ${fault}` });
  return [...out, ...kubernetesLabelViolations(metadata.labels)];
}

/** `spec` as it is stored: the CRD's defaults stand wherever their object does. */
function storedSpec(spec: unknown): unknown {
  const pruned = prune(spec, MESH_PASSTHROUGH_SPEC);
  const body = asObject(pruned);
  const conf = asObject(body?.default);
  if (body === undefined) return pruned;
  if (conf === undefined && body.default !== undefined) return pruned;
  const matches = conf?.appendMatch;
  return {
    ...body,
    default: {
      passthroughMode: "None",
      ...conf,
      ...(Array.isArray(matches)
        ? {
            appendMatch: asArray(matches).map((item) => {
              const match = asObject(item);
              return match === undefined ? item : { protocol: "tcp", ...match };
            }),
          }
        : {}),
    },
  };
}

/** Without what the schema does not know, and without nulls. */
function prune(value: unknown, field: Field): unknown {
  if (field.type === "array" && Array.isArray(value)) return value.map((item) => prune(item, field.items));
  const object = asObject(value);
  if (object === undefined || (field.type !== "object" && field.type !== "map")) return value;
  const kept = Object.entries(object).flatMap(([key, inner]): [string, unknown][] => {
    if (inner === null) return [];
    if (field.type === "map") return [[key, inner]];
    const below = Object.hasOwn(field.fields, key) ? field.fields[key] : undefined;
    return below === undefined ? [] : [[key, prune(inner, below)]];
  });
  return Object.fromEntries(kept);
}
