import { type Field, MESH_PASSTHROUGH_SPEC, UNIVERSAL_POLICY } from "../../model/index.ts";
import { asObject, type Violation } from "./violation.ts";

/** What a JSON schema holds against one value. */
type SchemaFault = { readonly path: string } & (
  | { readonly kind: "type"; readonly wanted: string; readonly got: string }
  | { readonly kind: "enum"; readonly value: unknown; readonly allowed: readonly string[] }
  | { readonly kind: "few"; readonly atLeast: number; readonly count: number }
  | { readonly kind: "required" }
);

/**
 * The violations that Kuma's REST schema finds in a Universal MeshPassthrough. Kuma visits siblings in random order;
 * here it is that of the document, what is missing last.
 */
export const kumaSchemaViolations = (resource: unknown): readonly Violation[] =>
  faults(resource, UNIVERSAL_POLICY, "", true).map(asRest);

/** The violations of the CRD's schema, in the words of a Kubernetes API server. Takes a `spec` with its defaults. */
export const kumaCrdViolations = (spec: unknown): readonly Violation[] =>
  faults(spec, MESH_PASSTHROUGH_SPEC, "spec", false).map(asApiServer);

/** Without `demanding`, nothing below the first level is required: neither of Kuma's two schemas does so. */
function faults(value: unknown, field: Field, at: string, demanding: boolean): SchemaFault[] {
  const wrong = wrongType(value, field.type === "map" ? "object" : field.type);
  const own: SchemaFault[] = wrong === undefined ? [] : [{ kind: "type", path: at, ...wrong }];
  const allowed = "enum" in field ? [...(field.enum ?? []), ...(field.refusedValues ?? [])] : [];
  if (allowed.length > 0 && !(typeof value === "string" && allowed.includes(value)))
    own.push({ kind: "enum", path: at, value, allowed });
  return wrong === undefined ? [...own, ...faultsBelow(value, field, at, demanding)] : own;
}

function faultsBelow(value: unknown, field: Field, at: string, demanding: boolean): SchemaFault[] {
  const below = (key: string, inner: unknown, of: Field): SchemaFault[] =>
    faults(inner, of, at === "" ? key : `${at}.${key}`, false);
  if (field.type === "array" && Array.isArray(value)) {
    const { atLeast = 0, items } = field;
    const few: SchemaFault[] = value.length < atLeast ? [{ kind: "few", path: at, atLeast, count: value.length }] : [];
    return [...few, ...value.flatMap((item, i) => faults(item, items, `${at}[${i}]`, false))];
  }
  const object = asObject(value) ?? {};
  if (field.type === "map")
    return Object.entries(object).flatMap(([key, inner]) => below(key, inner, { type: "string" }));
  if (field.type !== "object") return [];
  const children = Object.entries(object).flatMap(([key, inner]) => {
    const of = Object.hasOwn(field.fields, key) ? field.fields[key] : undefined;
    return of === undefined ? [] : below(key, inner, of);
  });
  const missing = demanding ? (field.required ?? []).filter((key) => !Object.hasOwn(object, key)) : [];
  return [...children, ...missing.map((key): SchemaFault => ({ kind: "required", path: `${at}.${key}` }))];
}

function wrongType(value: unknown, wanted: string): { wanted: string; got: string } | undefined {
  const got = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  if (wanted === "integer" && got === "number")
    return Number.isInteger(value) ? undefined : { wanted: "int32", got: "double" };
  return got === wanted ? undefined : { wanted, got };
}

function words(fault: SchemaFault): string {
  switch (fault.kind) {
    case "type":
      return `must be of type ${fault.wanted}: "${fault.got}"`;
    case "enum":
      return `should be one of [${fault.allowed.join(" ")}]`;
    case "few":
      return `should have at least ${fault.atLeast} items`;
    case "required":
      return "is required";
  }
}

/** Paths below `spec.` are fields of their own; of others Kuma's message holds the path. */
function asRest(fault: SchemaFault): Violation {
  const message = `in body ${words(fault)}`;
  return fault.path.startsWith("spec.")
    ? { field: fault.path, message }
    : { field: "", message: `${fault.path} ${message}` };
}

function asApiServer(fault: SchemaFault): Violation {
  const { path } = fault;
  switch (fault.kind) {
    case "enum":
      return {
        field: path,
        message: `Unsupported value: ${JSON.stringify(fault.value)}: supported values: ${fault.allowed.map((v) => `"${v}"`).join(", ")}`,
      };
    case "few":
      return { field: path, message: `Invalid value: ${fault.count}: ${path} in body ${words(fault)}` };
    case "type":
      return { field: path, message: `Invalid value: "${fault.got}": ${path} in body ${words(fault)}` };
    case "required":
      return { field: path, message: "Required value" };
  }
}
