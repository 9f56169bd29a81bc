import { type Diagnostic, formatPath, type Position } from "./diagnostic.ts";

/**
 * Diagnostics as people read them, one block each, without a final newline:
 *
 *     policy.yaml:7:13: error[E101-port-out-of-range]: …
 *         port: 70000
 *               ^^^^^
 *       help: …
 *
 * The line of source is shown where `texts` (by file) has it. No colours.
 */
export function renderText(diagnostics: readonly Diagnostic[], texts?: ReadonlyMap<string, string>): string {
  const lines = new Map<string, readonly string[]>();
  const linesOf = (file: string): readonly string[] => {
    let found = lines.get(file);
    if (found === undefined) {
      found = (texts?.get(file) ?? "").split("\n");
      lines.set(file, found);
    }
    return found;
  };
  return diagnostics.map((d) => renderOne(d, linesOf)).join("\n");
}

function renderOne(d: Diagnostic, linesOf: (file: string) => readonly string[]): string {
  const out = [`${placeOf(d)}: ${d.severity}[${d.code}]: ${d.message}`];
  const source = d.span === undefined ? undefined : linesOf(d.span.file)[d.span.start.line - 1]?.replace(/\r$/, "");
  if (d.span !== undefined && source !== undefined && source.trim() !== "") {
    const { start, end } = d.span;
    const stop = end.line === start.line ? end.column : source.length + 1;
    out.push(...excerpt(source, start.column - 1, Math.max(1, stop - start.column)));
  }
  if (d.help !== undefined) out.push(`  help: ${d.help}`);
  return out.join("\n");
}

function placeOf(d: Diagnostic): string {
  if (d.span !== undefined) return `${d.span.file}:${d.span.start.line}:${d.span.start.column}`;
  const path = formatPath(d.path);
  return [d.resource, path].filter((part) => part !== undefined && part !== "").join(" ") || "input";
}

const WIDEST = 120;
/** What could move the cursor or turn the direction of text; a tab does neither. One unit each, so carets stay right. */
const INVISIBLE = /(?!\t)[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** The line and a line of carets under it; a long line is cut round the place. `from` counts from 0. */
function excerpt(source: string, from: number, length: number): string[] {
  const cut = from > WIDEST - 20 ? from - 20 : 0;
  const shown = source.slice(cut, cut + WIDEST).replace(INVISIBLE, "\ufffd");
  const before = shown.slice(0, from - cut).replace(/[^\t]/g, " ");
  const carets = "^".repeat(Math.min(length, Math.max(1, shown.length - (from - cut))));
  return [`    ${shown}`, `    ${before}${carets}`];
}

/** A diagnostic as JSON output has it: stable field names, the path as text too. */
export interface JsonDiagnostic {
  readonly code: string;
  readonly severity: string;
  readonly resource?: string;
  readonly path: string;
  readonly message: string;
  readonly help?: string;
  readonly file?: string;
  readonly start?: Position;
  readonly end?: Position;
}

/** Diagnostics for `-o json`. Fields that a diagnostic lacks are left out. */
export function renderJson(diagnostics: readonly Diagnostic[]): JsonDiagnostic[] {
  return diagnostics.map((d) => ({
    code: d.code,
    severity: d.severity,
    ...(d.resource === undefined ? {} : { resource: d.resource }),
    path: formatPath(d.path),
    message: d.message,
    ...(d.help === undefined ? {} : { help: d.help }),
    ...(d.span === undefined ? {} : { file: d.span.file, start: d.span.start, end: d.span.end }),
  }));
}

/** `3 errors, 1 warning`; empty if there is nothing to count. */
export function renderCount(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((d) => d.severity === "error").length;
  const warnings = diagnostics.length - errors;
  const count = (n: number, word: string) => (n === 0 ? [] : [`${n} ${word}${n === 1 ? "" : "s"}`]);
  return [...count(errors, "error"), ...count(warnings, "warning")].join(", ");
}
