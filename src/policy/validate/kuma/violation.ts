/** A fault as Kuma 2.9 words it. Field, wording and order are part of its API, its typing errors included. */
export interface Violation {
  readonly field: string;
  readonly message: string;
}

/** An object of a JSON document. */
export type JsonObject = Readonly<Record<string, unknown>>;

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A JSON object, or nothing where the value is none. */
export const asObject = (value: unknown): JsonObject | undefined => (isJsonObject(value) ? value : undefined);

/** The entries of a JSON array; nothing where the value is none. */
export const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Text as Kuma's YAML reader decodes a scalar into a string field: numbers and booleans become their text. */
export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** Order of bytes for the ASCII keys that these checks sort. */
export const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A key of a map at the end of a path, quoted as Go does: `tags["kuma.io/service"]`. */
export const keyed = (path: string, key: string): string => `${path}[${JSON.stringify(key)}]`;

/**
 * The fields of a Go struct in a JSON object. Go takes a name in any case; the exact one wins over others. What is no
 * field is left out.
 */
export function structFields(value: unknown, names: readonly string[]): JsonObject {
  const object = asObject(value) ?? {};
  const out: Record<string, unknown> = {};
  for (const name of names) {
    const key = Object.hasOwn(object, name)
      ? name
      : Object.keys(object).find((k) => k.toLowerCase() === name.toLowerCase());
    if (key !== undefined) out[name] = object[key];
  }
  return out;
}
