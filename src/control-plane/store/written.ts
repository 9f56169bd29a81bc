import type { Path } from "../../policy/diagnostics/index.ts";
import type { Draft } from "../../policy/text/index.ts";
import type { JsonObject, JsonValue } from "./store.ts";

/** The document's own types, without an import of what is behind them. */
type Written = Draft["root"] extends ReadonlyMap<string, infer V> ? V : never;

const META: readonly string[] = ["type", "mesh", "name", "labels", "creationTime", "modificationTime"];

/** What was written of a Mesh or a Dataplane besides its meta; nothing of a policy, whose model holds everything. */
export function fieldsOf(draft: Draft): JsonObject {
  if (draft.type === "MeshPassthrough") return {};
  const spec = toJson(at(draft.root, draft.spec));
  if (!isObject(spec)) return {};
  const isMeta = (field: string) => draft.form === "universal" && META.includes(field);
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !isMeta(field)));
}

function at(root: Draft["root"], path: Path): Written | undefined {
  let value: Written | undefined = root;
  for (const part of path) value = value instanceof Map ? value.get(String(part)) : undefined;
  return value;
}

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function toJson(value: Written | undefined): JsonValue {
  if (value === undefined || value === null) return null;
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, inner]) => [name, toJson(inner)]));
  if (typeof value === "object") return [...value].map((inner) => toJson(inner as Written));
  return value;
}
