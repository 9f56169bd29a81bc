/** A fault as Kuma 2.9 words it. Field, wording and order are part of its API, its typing errors included. */
export interface Violation {
  readonly field: string;
  readonly message: string;
}

/** A JSON object, or nothing where the value is none. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** The entries of a JSON array; nothing where the value is none. */
export const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Text as Kuma's YAML reader decodes a scalar into a string field: numbers and booleans become their text. */
export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** Order of bytes for the ASCII keys that these checks sort. */
export const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
