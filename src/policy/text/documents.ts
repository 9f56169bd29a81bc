import { Composer, type CST, type Document, Parser } from "yaml";
import type { Path, Span } from "../diagnostics/index.ts";
import { readJson } from "./json.ts";
import { createLines, type Lines } from "./lines.ts";
import { createReport, type Report } from "./report.ts";
import { type AliasTargets, createPlaces, type Places } from "./spans.ts";
import { syntaxMessage } from "./syntax-message.ts";
import { MAX_DEPTH, TOO_DEEP, toValue } from "./to-value.ts";
import type { Value } from "./value.ts";

/** One YAML document as plain values, with the place of each. */
export interface WrittenDocument {
  /** Null if the document has an error; then the report says which. */
  readonly value: Value;
  readonly report: Report;
  spanOf(path: Path): Span | undefined;
  keySpanOf(path: Path): Span | undefined;
}

const MAX_SYNTAX_FAULTS = 20;

/** The documents of a text (JSON is YAML); empty ones are left out. */
export function readDocuments(file: string, text: string): WrittenDocument[] {
  const lines = createLines(text);
  const json = readJson(file, text, lines, MAX_DEPTH);
  if (json !== undefined) return [{ ...json, report: createReport(json) }];
  return readYaml(file, text, lines);
}

/** As {@link readDocuments}, without the short path for JSON. */
export function readYaml(file: string, text: string, lines: Lines): WrittenDocument[] {
  const out: WrittenDocument[] = [];
  const tokens: CST.Token[] = [];
  for (const token of new Parser().parse(text)) {
    const offset = token.type === "document" ? tooDeep(token) : undefined;
    if (offset === undefined) tokens.push(token);
    else out.push(tooDeepDocument(createPlaces(file, lines), offset));
  }
  const composer = new Composer({
    prettyErrors: false,
    uniqueKeys: false, // ours is linear and says where the first one is
    stringKeys: true,
    resolveKnownTags: false,
    merge: false,
    logLevel: "silent",
  });
  for (const document of composer.compose(tokens, false, text.length)) {
    const targets: AliasTargets = new Map();
    const places = createPlaces(file, lines, document, targets);
    const report = createReport(places);
    const value = readDocument(document, places, targets, report);
    if (value === null && report.diagnostics.length === 0) continue;
    out.push({ value, report, spanOf: places.spanOf, keySpanOf: places.keySpanOf });
  }
  return out;
}

function readDocument(document: Document, places: Places, targets: AliasTargets, report: Report): Value {
  const reported = new Set<number>(); // one fault often makes the rest of its line unreadable too
  for (const { code, message, pos } of document.errors) {
    const span = places.spanAt(pos[0], pos[1]);
    if (reported.has(span.start.line) || reported.size >= MAX_SYNTAX_FAULTS) continue;
    reported.add(span.start.line);
    report.addAt(span, { code: "E001-syntax", path: [], ...syntaxMessage(code, message) });
  }
  const version = document.directives?.yaml;
  if (version?.explicit === true && version.version !== "1.2")
    report.addAt(places.spanAt(0, 0), {
      code: "E001-syntax",
      path: [],
      message: `this is YAML ${version.version}; only 1.2 is read`,
      help: "leave the line `%YAML` out",
    });
  for (const { code, pos } of document.warnings)
    if (code === "TAG_RESOLVE_FAILED")
      report.addAt(places.spanAt(pos[0], pos[1]), {
        code: "E004-tag",
        path: [],
        message: "this tag is not supported",
        help: "write the value without a tag",
      });
  return report.hasErrors() ? null : toValue(document, places, targets, report);
}

function tooDeepDocument(places: Places, offset: number): WrittenDocument {
  const report = createReport(places);
  report.addAt(places.spanAt(offset, offset + 1), {
    code: "E008-too-deep",
    path: [],
    message: TOO_DEEP,
  });
  return { value: null, report, spanOf: () => undefined, keySpanOf: () => undefined };
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
