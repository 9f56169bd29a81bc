import { type Diagnostic, formatPath } from "./diagnostic.ts";

/** Total order for lists that people read: file, line, column, code, path, message. Those without a place come last. */
export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  if (a.span === undefined || b.span === undefined) {
    if (a.span !== b.span) return a.span === undefined ? 1 : -1;
    return compareText(a.resource ?? "", b.resource ?? "") || compareRest(a, b);
  }
  return (
    compareText(a.span.file, b.span.file) ||
    a.span.start.line - b.span.start.line ||
    a.span.start.column - b.span.start.column ||
    compareRest(a, b)
  );
}

function compareRest(a: Diagnostic, b: Diagnostic): number {
  return (
    compareText(a.code, b.code) ||
    compareText(formatPath(a.path), formatPath(b.path)) ||
    compareText(a.message, b.message) ||
    compareText(a.help ?? "", b.help ?? "")
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
