import { asObject, type Violation } from "./violation.ts";

/** What the REST API's JSON schema says of one value; only what Kuma's schema of MeshPassthrough uses. */
interface Schema {
  readonly type: "object" | "array" | "string" | "integer";
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly values?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly required?: readonly string[];
}

const TEXT: Schema = { type: "string" };
const TEXTS: Schema = { type: "object", values: TEXT };
const oneOf = (...values: string[]): Schema => ({ type: "string", enum: values });

const TARGET_REF: Schema = {
  type: "object",
  properties: {
    kind: oneOf(
      "Mesh",
      "MeshSubset",
      "MeshGateway",
      "MeshService",
      "MeshExternalService",
      "MeshMultiZoneService",
      "MeshServiceSubset",
      "MeshHTTPRoute",
    ),
    labels: TEXTS,
    mesh: TEXT,
    name: TEXT,
    namespace: TEXT,
    proxyTypes: { type: "array", minItems: 1, items: oneOf("Sidecar", "Gateway") },
    sectionName: TEXT,
    tags: TEXTS,
  },
};

const MATCH: Schema = {
  type: "object",
  properties: {
    port: { type: "integer" },
    protocol: oneOf("tcp", "tls", "grpc", "http", "http2"),
    type: oneOf("Domain", "IP", "CIDR"),
    value: TEXT,
  },
};

const MESH_PASSTHROUGH: Schema = {
  type: "object",
  required: ["type", "name", "spec"],
  properties: {
    type: oneOf("MeshPassthrough"),
    mesh: TEXT,
    name: TEXT,
    labels: TEXTS,
    spec: {
      type: "object",
      properties: {
        targetRef: TARGET_REF,
        default: {
          type: "object",
          properties: {
            appendMatch: { type: "array", items: MATCH },
            passthroughMode: oneOf("All", "Matched", "None"),
          },
        },
      },
    },
  },
};

/**
 * The violations that Kuma's schema finds in a Universal MeshPassthrough. Kuma visits siblings in random order; here
 * it is that of the schema, the required ones last.
 */
export const kumaSchemaViolations = (resource: unknown): readonly Violation[] =>
  violations(resource, MESH_PASSTHROUGH, "");

function violations(value: unknown, schema: Schema, at: string): Violation[] {
  const wrong = wrongType(value, schema.type);
  const own = wrong === undefined ? [] : [violation(at, `must be of type ${wrong.wanted}: "${wrong.got}"`)];
  const allowed = schema.enum;
  if (allowed !== undefined && !(typeof value === "string" && allowed.includes(value)))
    own.push(violation(at, `should be one of [${allowed.join(" ")}]`));
  if (wrong !== undefined) return own;
  return [...own, ...childViolations(value, schema, at)];
}

function childViolations(value: unknown, schema: Schema, at: string): Violation[] {
  if (Array.isArray(value)) {
    const few =
      value.length < (schema.minItems ?? 0) ? [violation(at, `should have at least ${schema.minItems} items`)] : [];
    const { items } = schema;
    return [...few, ...(items === undefined ? [] : value.flatMap((item, i) => violations(item, items, `${at}[${i}]`)))];
  }
  const object = asObject(value);
  if (object === undefined) return [];
  const children = Object.keys(object).flatMap((key) => {
    const child = schema.properties?.[key] ?? schema.values;
    return child === undefined ? [] : violations(object[key], child, at === "" ? key : `${at}.${key}`);
  });
  const missing = (schema.required ?? []).filter((key) => !(key in object));
  return [...children, ...missing.map((key) => violation(`${at}.${key}`, "is required"))];
}

function wrongType(value: unknown, wanted: Schema["type"]): { wanted: string; got: string } | undefined {
  const got = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  if (wanted === "integer" && got === "number")
    return Number.isInteger(value) ? undefined : { wanted: "int32", got: "double" };
  return got === wanted ? undefined : { wanted, got };
}

/** Paths below `spec.` are fields of their own; of others Kuma's message holds the path. */
const violation = (path: string, what: string): Violation =>
  path.startsWith("spec.")
    ? { field: path, message: `in body ${what}` }
    : { field: "", message: `${path} in body ${what}` };
