import { type Document, isScalar, parseAllDocuments, type SchemaOptions, visit } from "yaml";
import type { Diagnostic } from "../diagnostics/index.ts";
import { readComments } from "./comments.ts";
import { readDocuments } from "./documents.ts";
import { toPlain } from "./value.ts";

/** A text in one layout, or why it has none. */
export type Formatted =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * The text in the layout that all files share: two spaces a level, one blank line at most, double quotes where quotes
 * are. Order, comments, values, anchors, and what is on one line stay; formatting twice changes nothing more. Refused:
 * a text with faults, and one whose comments or values would not survive. `file` is only copied into spans.
 */
export function formatText(file: string, text: string): Formatted {
  const before = [...readDocuments(file, text)];
  const diagnostics = before.flatMap(({ report }) => report.diagnostics);
  if (before.some(({ report }) => report.hasErrors())) return { ok: false, diagnostics };
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const plain = text.replaceAll("\r\n", "\n");
  const formatted = settled(plain);
  if (formatted !== undefined && contentOf(file, plain) === contentOf(file, formatted))
    return { ok: true, text: newline === "\n" ? formatted : formatted.replaceAll("\n", newline) };
  const span = before[0]?.spanOf([]);
  const refused: Diagnostic = {
    code: "E001-syntax",
    severity: "error",
    path: [],
    message: "this layout cannot be changed without losing a comment or a value",
    help: "move comments to lines of their own",
    ...(span === undefined ? {} : { span }),
  };
  return { ok: false, diagnostics: [refused] };
}

/** Whatever the layout must keep, as one text. */
function contentOf(file: string, text: string): string {
  const documents = [...readDocuments(file, text)];
  return JSON.stringify([
    documents.map(({ value }) => toPlain(value)),
    documents.map(({ report }) => report.diagnostics.length),
    isJson(text) ? [] : readComments(file, text).map((comment) => comment.text),
  ]);
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const MOST_ROUNDS = 4;

/** The layout that laying out again does not change: some comments need a second time to come to rest, and so does what becomes JSON. */
function settled(text: string): string | undefined {
  let before = text;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const after = isJson(before) ? layOutJson(before) : layOutYaml(before);
    if (after === before || after === undefined) return after;
    before = after;
  }
  return undefined;
}

function layOutYaml(text: string): string | undefined {
  const documents: readonly Document[] = parseAllDocuments(text, {
    uniqueKeys: false,
    merge: false,
    customTags: NUMBERS_AS_WRITTEN,
  });
  if (documents.length === 0) return onlyComments(text);
  if (documents.some(({ errors }) => errors.length > 0)) return undefined;
  for (const [i, document] of documents.entries()) {
    if (i > 0 && document.directives !== undefined) document.directives.docStart = true;
    preferDoubleQuotes(document);
  }
  return printYaml(documents);
}

/** A text without a document: white space and comments. */
const onlyComments = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/^\n+|\n+$/g, "")
    .replace(/.$/s, "$&\n");

/** `0443` and `443` are one number here, and two where YAML 1.1 is read. */
const NUMBERS_AS_WRITTEN: TagsAsWritten = (tags) =>
  tags.map((tag) =>
    typeof tag !== "string" && tag.collection === undefined && /:(?:int|float)$/.test(tag.tag)
      ? { ...tag, stringify: (item, ...rest) => item.source ?? tag.stringify?.(item, ...rest) ?? String(item.value) }
      : tag,
  );

type TagsAsWritten = Extract<SchemaOptions["customTags"], (...args: never[]) => unknown>;

/** As the examples of the documentation are written. */
const LAYOUT = { lineWidth: 0, indentSeq: false, flowCollectionPadding: false } as const;

/** Documents in the shared layout. Undefined for what is read and cannot be written, such as an odd name of an anchor. */
export function printYaml(documents: readonly Document[]): string | undefined {
  try {
    return documents.map((document) => document.toString(LAYOUT)).join("");
  } catch {
    return undefined;
  }
}

function preferDoubleQuotes(document: Document): void {
  visit(document, {
    Scalar(_, scalar) {
      if (!isScalar(scalar) || scalar.type !== "QUOTE_SINGLE" || typeof scalar.value !== "string") return;
      if (!/["\\\p{Cc}]/u.test(scalar.value)) scalar.type = "QUOTE_DOUBLE";
    },
  });
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Moves the tokens of a JSON text; each stays as it was written. */
function layOutJson(text: string): string {
  let out = "";
  let depth = 0;
  const line = (): string => `\n${"  ".repeat(depth)}`;
  const tokens = text.match(TOKEN) ?? [];
  for (const [i, token] of tokens.entries()) {
    const next = tokens[i + 1];
    if (token === "{" || token === "[") {
      depth += 1;
      out += next === "}" || next === "]" ? token : token + line();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      out += tokens[i - 1] === "{" || tokens[i - 1] === "[" ? token : line() + token;
    } else if (token === ",") out += token + line();
    else out += token === ":" ? ": " : token;
  }
  return `${out}\n`;
}
