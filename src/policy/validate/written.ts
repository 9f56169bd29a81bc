import { isMap, type Value } from "../text/index.ts";

/** A field below a value, as far as there are maps on the way. */
export function child(value: Value | undefined, ...path: readonly (string | number)[]): Value | undefined {
  let at = value;
  for (const step of path) at = isMap(at) ? at.get(String(step)) : undefined;
  return at;
}

/** The text of a field; undefined if it is absent, empty or no text. */
export function textAt(value: Value | undefined, ...path: readonly string[]): string | undefined {
  const found = child(value, ...path);
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** The number in a field; undefined if it is absent or no number. */
export function numberAt(value: Value | undefined, ...path: readonly string[]): number | undefined {
  const found = child(value, ...path);
  return typeof found === "number" ? found : undefined;
}
