import { Lexer } from "yaml";
import type { Span } from "../diagnostics/index.ts";
import { createLines } from "./lines.ts";

/** A YAML comment: `text` without the `#` and the spaces round it. */
export interface Comment {
  readonly text: string;
  readonly span: Span;
  /** The line that it is about, from 1: its own, or for a comment alone on its line the next one that says something. */
  readonly about: number;
}

const SCALAR_FOLLOWS = "\u001f";
/** The lexer's other marks, which are not part of the text: a document starts, a flow collection ends in a fault. */
const MARKS = ["\u0002", "\u0018"];

/** Every comment of a text, in order. What looks like one inside a value is none. */
export function readComments(file: string, text: string): Comment[] {
  const lines = createLines(text);
  const found: Comment[] = [];
  let offset = 0;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    if (!isScalar && MARKS.includes(token)) continue;
    if (!isScalar && token === SCALAR_FOLLOWS) {
      isScalar = true;
      continue;
    }
    if (!isScalar && token.startsWith("#")) {
      const end = offset + token.length;
      found.push({
        text: token.slice(1).trim(),
        span: { file, start: lines.positionOf(offset), end: lines.positionOf(end) },
        about: lines.positionOf(isAlone(text, offset) ? nextStatement(text, end) : offset).line,
      });
    }
    isScalar = false;
    offset += token.length;
  }
  return found;
}

const isAlone = (text: string, offset: number): boolean =>
  text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).trim() === "";

/** Where the first line after `offset` that is no comment starts; an empty line ends the search at itself. */
function nextStatement(text: string, offset: number): number {
  for (let at = text.indexOf("\n", offset); at >= 0; at = text.indexOf("\n", at + 1)) {
    const end = text.indexOf("\n", at + 1);
    const line = text.slice(at + 1, end < 0 ? text.length : end);
    if (!line.trimStart().startsWith("#")) return at + 1;
  }
  return text.length;
}
