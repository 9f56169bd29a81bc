import type { Path } from "../../diagnostics/index.ts";
import type { Violation } from "./violation.ts";

const STEP = /\.?([^.[\]]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/gy;

/** Where a violation is, as far as its field says so. The schema names some fields in its message only. */
export function pathOfViolation({ field, message }: Violation): Path {
  const [named = ""] = field === "" && message.includes(" in body ") ? message.split(" ") : [field];
  const path: (string | number)[] = [];
  for (const [, name, index, key] of named.matchAll(STEP)) {
    if (index !== undefined) path.push(Number(index));
    else path.push(name ?? (key ?? "").replace(/\\(.)/g, "$1"));
  }
  return path;
}
