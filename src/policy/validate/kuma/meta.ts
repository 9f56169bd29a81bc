import type { Violation } from "./violation.ts";

const STRICT = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const RELAXED = /^[0-9a-z\-_.]*$/;
const STRICT_TEXT =
  "invalid characters. A lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const RELAXED_TEXT =
  "invalid characters. Valid characters are numbers, lowercase latin letters and '-', '_', '.' symbols.";
const LONGEST_BYTES = 253;

/** The violations of name and mesh. An `update` of what exists is held to the relaxed pattern only. */
export function kumaMetaViolations(
  meta: { readonly name: string; readonly mesh?: string },
  operation: "create" | "update",
): readonly Violation[] {
  const name =
    operation === "create"
      ? kumaIdentifierViolations("name", meta.name)
      : textViolations("name", meta.name, RELAXED, RELAXED_TEXT);
  return [...name, ...(meta.mesh === undefined ? [] : textViolations("mesh", meta.mesh, RELAXED, RELAXED_TEXT))];
}

/** Does Kuma warn of the name of what exists already: could nothing new be named so? */
export const kumaNameWarning = (name: string): boolean => RELAXED.test(name) && !STRICT.test(name);

/** The violations of a text that must be a name. */
export const kumaIdentifierViolations = (field: string, text: string): Violation[] =>
  textViolations(field, text, STRICT, STRICT_TEXT);

function textViolations(field: string, text: string, pattern: RegExp, message: string): Violation[] {
  if (text === "") return [{ field, message: "cannot be empty" }];
  const bytes = [...text].reduce((sum, char) => sum + utf8Bytes(char), 0);
  const long = bytes > LONGEST_BYTES ? [{ field, message: "value length must less or equal 253" }] : [];
  return pattern.test(text) ? long : [...long, { field, message }];
}

function utf8Bytes(char: string): number {
  const point = char.codePointAt(0) ?? 0;
  if (point < 0x80) return 1;
  return point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
}
