/** What a document holds, free of the library that read it. Maps are real Maps: no key is special. */
export type Value = string | number | boolean | null | readonly Value[] | ValueMap;

/** The fields of a map, in the order written. */
export type ValueMap = ReadonlyMap<string, Value>;

/** Is this a map? */
export const isMap = (value: Value | undefined): value is ValueMap => value instanceof Map;

/** Is this a list? */
export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

/** What the value is, for messages: `a number`, `a list`. */
export function kindOfValue(value: Value): string {
  if (value === null) return "null";
  if (isList(value)) return "a list";
  if (isMap(value)) return "a map";
  return typeof value === "boolean" ? "true or false" : `a ${typeof value}`;
}

/** A value as `JSON.parse` would give it. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [field: string]: Plain };

/** The same value as objects and arrays. */
export function toPlain(value: Value): Plain {
  if (isList(value)) return value.map(toPlain);
  if (isMap(value)) return Object.fromEntries([...value].map(([field, inner]) => [field, toPlain(inner)]));
  return value;
}
