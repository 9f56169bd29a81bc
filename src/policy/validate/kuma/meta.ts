import type { Violation } from "./violation.ts";

const STRICT = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const RELAXED = /^[0-9a-z\-_.]*$/;
const STRICT_TEXT =
  "invalid characters. A lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const RELAXED_TEXT =
  "invalid characters. Valid characters are numbers, lowercase latin letters and '-', '_', '.' symbols.";

/** The violations of name and mesh. An `update` of what exists is held to the relaxed pattern only. */
export function kumaMetaViolations(
  meta: { readonly name: string; readonly mesh?: string },
  operation: "create" | "update",
): readonly Violation[] {
  const strict = operation === "create";
  return [
    ...textViolations("name", meta.name, strict ? STRICT : RELAXED, strict ? STRICT_TEXT : RELAXED_TEXT),
    ...(meta.mesh === undefined ? [] : textViolations("mesh", meta.mesh, RELAXED, RELAXED_TEXT)),
  ];
}

function textViolations(field: string, text: string, pattern: RegExp, message: string): Violation[] {
  if (text === "") return [{ field, message: "cannot be empty" }];
  const long = text.length > 253 ? [{ field, message: "value length must less or equal 253" }] : [];
  return pattern.test(text) ? long : [...long, { field, message }];
}
