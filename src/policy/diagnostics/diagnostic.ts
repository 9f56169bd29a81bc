import type { DiagnosticCode } from "./codes.ts";
import type { LintCode } from "./lint-codes.ts";

/** 1-based; `column` counts UTF-16 units, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A stretch of one text; `end` is exclusive. */
export interface Span {
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
}

/** `error`: the resource is refused. `warning`: it is taken, and may not mean what its author thinks. */
export type Severity = "error" | "warning";

/** Where in a resource: `["spec", "default", "appendMatch", 2, "port"]`. */
export type Path = readonly (string | number)[];

/** One finding. Data, never thrown: a file with nine mistakes yields nine of these. */
export interface Diagnostic {
  /** Stable across releases; a retired code is never used again. */
  readonly code: DiagnosticCode | LintCode;
  readonly severity: Severity;
  /** Which resource, as `MeshPassthrough/<mesh>/<name>`; absent while the text is not yet a resource. */
  readonly resource?: string;
  readonly path: Path;
  /** One line, no final full stop, user input in backticks. */
  readonly message: string;
  /** What to type instead. */
  readonly help?: string;
  /** Absent only when the resource did not come from text. */
  readonly span?: Span;
}

/** `spec.default.appendMatch[2].port`; keys that are no identifiers come in quotes: `labels["kuma.io/origin"]`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** The end of every total switch: adding a kind turns each into a compile error. */
export function assertNever(value: never): never {
  throw new TypeError(`unreachable: ${JSON.stringify(value)}`);
}
