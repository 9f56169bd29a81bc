import { kumaDataplaneViolations } from "./dataplane.ts";
import { type KumaContext, kumaLabelViolations } from "./labels.ts";
import { kumaSpecViolations } from "./meshpassthrough.ts";
import { DATAPLANE, MESH } from "./messages.ts";
import { kumaMetaViolations } from "./meta.ts";
import { decodeProto } from "./proto.ts";
import { kumaSchemaViolations } from "./schema.ts";
import { asArray, asObject, asText, type JsonObject, structFields, type Violation } from "./violation.ts";

/** What Kuma says of a document. An `error` is one that is no list of violations: the document cannot be decoded. */
export type KumaVerdict =
  | { readonly valid: true; readonly violations: readonly [] }
  | { readonly valid: false; readonly violations: readonly Violation[] }
  | { readonly valid: false; readonly error: string };

/**
 * A Universal document, as `kumactl apply` and then a PUT take it. Each stage reports all its findings, and ends it:
 * schema, decoding, the validator of the type, labels with name and mesh.
 */
export function kumaUniversal(resource: unknown, context: KumaContext): KumaVerdict {
  const stages = kumaParse(resource);
  return stages.valid ? verdict(requestViolations(asObject(resource) ?? {}, context)) : stages;
}

/** The stages before a request: what makes a resource of a text. */
export function kumaParse(resource: unknown): KumaVerdict {
  const root = asObject(resource) ?? {};
  const type = asText(root.type);
  switch (type) {
    case "MeshPassthrough":
      return parsePolicy(root);
    case "Dataplane":
    case "Mesh": {
      const decoded = decodeProto(root, type === "Mesh" ? MESH : DATAPLANE);
      if (!decoded.ok) return failed(type, decoded.error);
      return verdict(type === "Mesh" ? [] : kumaDataplaneViolations(asObject(decoded.value) ?? {}));
    }
    default:
      return { valid: false, error: `invalid resource type ${JSON.stringify(type)}` };
  }
}

function parsePolicy(root: JsonObject): KumaVerdict {
  const violations = kumaSchemaViolations(root);
  if (violations.length > 0) return verdict(violations);
  const error = policyDecodingError(root.spec);
  return error === undefined
    ? verdict(kumaSpecViolations(root.spec))
    : failed("MeshPassthrough", `error unmarshaling JSON: while decoding JSON: ${error}`);
}

/** Ports are the one thing that the schema lets pass and Go's types do not hold. */
export function policyDecodingError(spec: unknown): string | undefined {
  const conf = structFields(structFields(spec, ["default"]).default, ["appendMatch"]);
  for (const entry of asArray(conf.appendMatch)) {
    const { port } = structFields(entry, ["port"]);
    if (port === undefined || port === null || isUint32(port)) continue;
    const got = typeof port === "number" ? `number ${port}` : typeof port;
    return `json: cannot unmarshal ${got} into Go struct field Match.spec.default.appendMatch.port of type uint32`;
  }
  return undefined;
}

const isUint32 = (value: unknown): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;

function requestViolations(root: JsonObject, context: KumaContext): readonly Violation[] {
  const mesh = asText(root.mesh);
  return [
    ...kumaLabelViolations(root.labels, mesh, context),
    ...kumaMetaViolations(
      { name: asText(root.name), ...(root.type === "Mesh" ? {} : { mesh }) },
      context.exists === true ? "update" : "create",
    ),
  ];
}

const failed = (type: string, error: string): KumaVerdict => ({
  valid: false,
  error: `invalid ${type} object: ${JSON.stringify(error)}`,
});

/** Valid exactly if there is no violation. */
export const verdict = (violations: readonly Violation[]): KumaVerdict =>
  violations.length === 0 ? { valid: true, violations: [] } : { valid: false, violations };
