import { Composer, type CST, type Document, Parser } from "yaml";
import type { Path, Span } from "../diagnostics/index.ts";
import { readJson } from "./json.ts";
import { createLines, type Lines } from "./lines.ts";
import { createPlaces } from "./offsets.ts";
import { createReport, type Locator, type Report } from "./report.ts";
import { syntaxMessage } from "./syntax-message.ts";
import { type Ambiguous, MAX_DEPTH, type SpanAt, TOO_DEEP, toValue } from "./to-value.ts";
import type { Value } from "./value.ts";

/** One YAML document as plain values, with the place of each. */
export interface WrittenDocument {
  /** Null if the document has an error; then the report says which. */
  readonly value: Value;
  readonly report: Report;
  /** What other readers of YAML take for something else. */
  readonly ambiguous?: readonly Ambiguous[];
  spanOf(path: Path): Span | undefined;
  keySpanOf(path: Path): Span | undefined;
}

const MAX_SYNTAX_FAULTS = 20;

/**
 * The documents of a text (JSON is YAML), each when it is asked for; empty ones are left out. What the reader needs for
 * one is gone when the next is read: of large texts only the values and their places stay in memory.
 */
export function* readDocuments(file: string, text: string): Generator<WrittenDocument> {
  const lines = createLines(text);
  const json = readJson(file, text, lines, MAX_DEPTH);
  if (json === undefined) yield* readYaml(file, text, lines);
  else yield { ...json, report: createReport(json) };
}

/** As {@link readDocuments}, without the short path for JSON. */
export function* readYaml(file: string, text: string, lines: Lines): Generator<WrittenDocument> {
  const spanAt: SpanAt = (start, end) => ({
    file,
    start: lines.positionOf(start),
    end: lines.positionOf(Math.max(start, end)),
  });
  const composer = new Composer({
    prettyErrors: false,
    uniqueKeys: false, // ours is linear and says where the first one is
    stringKeys: true,
    resolveKnownTags: false,
    merge: false,
    logLevel: "silent",
  });
  function* read(documents: Iterable<Document>): Generator<WrittenDocument> {
    for (const document of documents) {
      const written = readDocument(document, file, lines, spanAt);
      if (written.value !== null || written.report.diagnostics.length > 0) yield written;
    }
  }
  for (const token of new Parser().parse(text)) {
    const offset = token.type === "document" ? tooDeep(token) : undefined;
    if (offset === undefined) yield* read(composer.next(token));
    else yield tooDeepDocument(spanAt, offset);
  }
  yield* read(composer.end(false, text.length));
}

function readDocument(document: Document, file: string, lines: Lines, spanAt: SpanAt): WrittenDocument {
  let places: Locator = NO_PLACES;
  const report = createReport({ spanOf: (path) => places.spanOf(path), keySpanOf: (path) => places.keySpanOf(path) });
  reportSyntax(document, spanAt, report);
  if (report.hasErrors()) return { value: null, report, ...NO_PLACES };
  const { value, offsets, ambiguous } = toValue(document, spanAt, report);
  places = createPlaces({ file, lines, value, offsets });
  return { value, report, ambiguous, spanOf: places.spanOf, keySpanOf: places.keySpanOf };
}

const NO_PLACES: Locator = { spanOf: () => undefined, keySpanOf: () => undefined };

function reportSyntax(document: Document, spanAt: SpanAt, report: Report): void {
  const reported = new Set<number>(); // one fault often makes the rest of its line unreadable too
  for (const { code, message, pos } of document.errors) {
    const span = spanAt(pos[0], pos[1]);
    if (reported.has(span.start.line) || reported.size >= MAX_SYNTAX_FAULTS) continue;
    reported.add(span.start.line);
    report.addAt(span, { code: "E001-syntax", path: [], ...syntaxMessage(code, message) });
  }
  const version = document.directives?.yaml;
  if (version?.explicit === true && version.version !== "1.2")
    report.addAt(spanAt(0, 0), {
      code: "E001-syntax",
      path: [],
      message: `this is YAML ${version.version}; only 1.2 is read`,
      help: "leave the line `%YAML` out",
    });
  for (const { code, pos } of document.warnings)
    if (code === "TAG_RESOLVE_FAILED")
      report.addAt(spanAt(pos[0], pos[1]), {
        code: "E004-tag",
        path: [],
        message: "this tag is not supported",
        help: "write the value without a tag",
      });
}

function tooDeepDocument(spanAt: SpanAt, offset: number): WrittenDocument {
  const report = createReport(NO_PLACES);
  report.addAt(spanAt(offset, offset + 1), {
    code: "E008-too-deep",
    path: [],
    message: TOO_DEEP,
  });
  return { value: null, report, ...NO_PLACES };
}

/** Where a document first goes too deep. Keeps its own stack: the document may be deeper than the call stack. */
function tooDeep(document: CST.Document): number | undefined {
  const stack: [token: CST.Token, depth: number][] = [[document, 0]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [token, depth] = top;
    if (depth > MAX_DEPTH) return token.offset;
    if (token.type === "document" && token.value !== undefined) stack.push([token.value, depth + 1]);
    if (!("items" in token)) continue;
    for (const { key, value } of token.items) {
      if (key !== undefined && key !== null) stack.push([key, depth + 1]);
      if (value !== undefined) stack.push([value, depth + 1]);
    }
  }
  return undefined;
}
