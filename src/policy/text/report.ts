import { DIAGNOSTIC_CODES, type Diagnostic, type DiagnosticCode, type Path, type Span } from "../diagnostics/index.ts";

/** A finding before it has a place. `at: "key"` points at the field's name, else at its value. */
export interface Finding {
  readonly code: DiagnosticCode;
  readonly path: Path;
  readonly message: string;
  readonly help?: string | undefined;
  readonly at?: "key" | "value";
}

/** Collects the diagnostics of one document. */
export interface Report {
  readonly diagnostics: readonly Diagnostic[];
  hasErrors(): boolean;
  /** The place is that of the path, or of what is nearest above it. */
  add(finding: Finding): void;
  addAt(span: Span, finding: Finding): void;
}

/** Places as far as a report needs them. */
export interface Locator {
  spanOf(path: Path): Span | undefined;
  keySpanOf(path: Path): Span | undefined;
}

/** An empty report; `resource` goes into every diagnostic. */
export function createReport(places: Locator, resource?: string): Report {
  const diagnostics: Diagnostic[] = [];
  let errors = 0;
  const push = (finding: Finding, span: Span | undefined): void => {
    const { code, path, message, help } = finding;
    const severity = DIAGNOSTIC_CODES[code];
    if (severity === "error") errors++;
    diagnostics.push({
      code,
      severity,
      ...(resource === undefined ? {} : { resource }),
      path,
      message,
      ...(help === undefined ? {} : { help }),
      ...(span === undefined ? {} : { span }),
    });
  };
  return {
    diagnostics,
    hasErrors: () => errors > 0,
    add: (finding) => push(finding, nearestSpan(places, finding.path, finding.at ?? "value")),
    addAt: (span, finding) => push(finding, span),
  };
}

function nearestSpan(places: Locator, path: Path, at: "key" | "value"): Span | undefined {
  for (let length = path.length; length >= 0; length--) {
    const part = path.slice(0, length);
    // What is missing in a map is shown at the map's name, not at all that is in it.
    const span = at === "key" || (length < path.length && length > 0) ? places.keySpanOf(part) : places.spanOf(part);
    if (span !== undefined) return span;
  }
  return undefined;
}

/** The places of a part of a document, by paths from that part. */
export function below(places: Locator, part: Path): Locator {
  return {
    spanOf: (path) => places.spanOf([...part, ...path]),
    keySpanOf: (path) => places.keySpanOf([...part, ...path]),
  };
}
