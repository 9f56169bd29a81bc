/**
 * JSON on a short path: it is YAML too, but comes from programs, in megabytes, and a reader made for it takes a
 * tenth of the time. Whatever is not plain JSON is left to the YAML reader, which also knows how to say why.
 */
import type { Path, Span } from "../diagnostics/index.ts";
import type { Lines } from "./lines.ts";
import { createOffsets, createPlaces, NO_BLOCK, type OffsetsBuilder } from "./offsets.ts";
import type { Value, ValueMap } from "./value.ts";

/** A JSON text as values, and where each of them is. */
export interface JsonDocument {
  readonly value: Value;
  spanOf(path: Path): Span | undefined;
  keySpanOf(path: Path): Span | undefined;
}

/** Undefined for any text that is not one JSON object or list without double keys, at most `maxDepth` levels deep. */
export function readJson(file: string, text: string, lines: Lines, maxDepth: number): JsonDocument | undefined {
  const c: Cursor = { text, offsets: createOffsets(), maxDepth, at: 0, block: NO_BLOCK, isBroken: false };
  skipSpace(c);
  const start = c.at;
  if (text[start] !== "{" && text[start] !== "[") return undefined;
  const value = readValue(c, 0);
  const end = c.at;
  skipSpace(c);
  if (c.isBroken || c.at < text.length) return undefined;
  c.offsets.add(start, end, start, end, c.block);
  return { value, ...createPlaces({ file, lines, value, offsets: c.offsets.finish() }) };
}

/** How far the reading has come. Once `isBroken`, whatever is returned means nothing. */
interface Cursor {
  readonly text: string;
  readonly offsets: OffsetsBuilder;
  readonly maxDepth: number;
  at: number;
  /** Of the value that was read last. */
  block: number;
  isBroken: boolean;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;

function readValue(c: Cursor, depth: number): Value {
  c.block = NO_BLOCK;
  switch (c.text[c.at]) {
    case "{":
      return depth >= c.maxDepth ? broken(c, null) : readMap(c, depth);
    case "[":
      return depth >= c.maxDepth ? broken(c, null) : readList(c, depth);
    case '"':
      return readString(c);
    case "t":
      return readWord(c, "true", true);
    case "f":
      return readWord(c, "false", false);
    case "n":
      return readWord(c, "null", null);
    default:
      return readNumber(c);
  }
}

function readMap(c: Cursor, depth: number): ValueMap {
  const map = new Map<string, Value>();
  const opened = c.offsets.open();
  for (let more = open(c, "}"); more; more = another(c, "}")) {
    const keyStart = c.at;
    const key = c.text[c.at] === '"' ? readString(c) : broken(c, "");
    const keyEnd = c.at;
    skipSpace(c);
    take(c, ":");
    skipSpace(c);
    if (c.isBroken || map.has(key)) return broken(c, map);
    const start = c.at;
    map.set(key, readValue(c, depth + 1));
    c.offsets.add(keyStart, keyEnd, start, c.at, c.block);
  }
  c.block = c.offsets.close(opened);
  return map;
}

function readList(c: Cursor, depth: number): readonly Value[] {
  const list: Value[] = [];
  const opened = c.offsets.open();
  for (let more = open(c, "]"); more; more = another(c, "]")) {
    const start = c.at;
    list.push(readValue(c, depth + 1));
    c.offsets.add(start, c.at, start, c.at, c.block);
  }
  c.block = c.offsets.close(opened);
  return list;
}

/** At the bracket that opens: is there an entry? */
function open(c: Cursor, close: string): boolean {
  c.at++;
  skipSpace(c);
  if (c.text[c.at] !== close) return true;
  c.at++;
  return false;
}

/** After an entry: is there another? */
function another(c: Cursor, close: string): boolean {
  skipSpace(c);
  if (c.isBroken || c.text[c.at] === close) {
    c.at++;
    return false;
  }
  take(c, ",");
  skipSpace(c);
  return !c.isBroken;
}

function readString(c: Cursor): string {
  const start = c.at + 1;
  let end = c.text.indexOf('"', start);
  while (end > 0 && isEscaped(c.text, end)) end = c.text.indexOf('"', end + 1);
  if (end < 0) return broken(c, "");
  c.at = end + 1;
  const inner = c.text.slice(start, end);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none of them
  if (!/[\\\u0000-\u001f]/.test(inner)) return inner;
  return unescaped(c.text.slice(start - 1, c.at)) ?? broken(c, "");
}

function isEscaped(text: string, quote: number): boolean {
  let slash = quote - 1;
  while (text[slash] === "\\") slash--;
  return (quote - slash) % 2 === 0;
}

function readWord(c: Cursor, word: string, value: boolean | null): Value {
  if (!c.text.startsWith(word, c.at)) return broken(c, null);
  c.at += word.length;
  return value;
}

function readNumber(c: Cursor): Value {
  NUMBER.lastIndex = c.at;
  if (!NUMBER.test(c.text)) return broken(c, null);
  const start = c.at;
  c.at = NUMBER.lastIndex;
  return Number(c.text.slice(start, c.at));
}

function skipSpace(c: Cursor): void {
  if (c.text.charCodeAt(c.at) > 32) return;
  SPACE.lastIndex = c.at;
  SPACE.test(c.text);
  c.at = SPACE.lastIndex;
}

/** Takes the character, or breaks. */
function take(c: Cursor, character: string): void {
  if (c.text[c.at] === character) c.at++;
  else c.isBroken = true;
}

function broken<T>(c: Cursor, value: T): T {
  c.isBroken = true;
  return value;
}

function unescaped(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
