/**
 * Where the values of a document are, in few bytes, so that the reader's own tree need not be kept. An entry is five
 * numbers: start and end of the key, start and end of the value (UTF-16 units from the start of the text, -1: nowhere),
 * and the block of entries below it. The entries of one map or list are next to each other, in the order of the values.
 */
import type { Path, Span } from "../diagnostics/index.ts";
import type { Lines } from "./lines.ts";
import type { Value } from "./value.ts";

const SIZE = 5;

/** The block of a value that holds no others. */
export const NO_BLOCK = -1;

/** Collects the entries of one document while it is read. */
export interface OffsetsBuilder {
  /** Notes a value, after those below it; for what has no key, `keyStart` and `keyEnd` are its own. */
  add(keyStart: number, keyEnd: number, start: number, end: number, block: number): void;
  /** To be given to `close` after what is noted in between. */
  open(): number;
  /** Makes what was noted since `open`, and is in no block yet, one block. */
  close(opened: number): number;
  /** After the entry of the whole document has been noted. */
  finish(): Int32Array;
}

/** Without an entry. */
export function createOffsets(): OffsetsBuilder {
  const open: number[] = []; // entries whose block is not complete
  const done: number[] = [];
  return {
    add: (keyStart, keyEnd, start, end, block) => {
      open.push(keyStart, keyEnd, start, end, block);
    },
    open: () => open.length,
    close(opened) {
      const block = done.length;
      for (let i = opened; i < open.length; i++) done.push(open[i] ?? 0);
      open.length = opened;
      return block;
    },
    finish() {
      done.push(...open);
      return new Int32Array(done);
    },
  };
}

/** A document that has been read. */
interface Whole {
  readonly file: string;
  readonly lines: Lines;
  readonly value: Value;
  /** As {@link OffsetsBuilder} gives them. */
  readonly offsets: Int32Array;
}

/** The places of one document. */
export interface Places {
  /** The value at a path, followed through aliases; undefined where there is none. `[]` is the whole. */
  spanOf(path: Path): Span | undefined;
  /** The key at the end of a path; of a list item the item. */
  keySpanOf(path: Path): Span | undefined;
}

/** Positions are worked out when asked for: most documents have nothing to report. */
export function createPlaces(whole: Whole): Places {
  const { file, lines, offsets } = whole;
  const span = (path: Path, slot: 0 | 2): Span | undefined => {
    const entry = find(whole, path);
    const start = offsets[entry + slot] ?? -1;
    if (entry < 0 || start < 0) return undefined;
    return { file, start: lines.positionOf(start), end: lines.positionOf(offsets[entry + slot + 1] ?? start) };
  };
  return { spanOf: (path) => span(path, 2), keySpanOf: (path) => span(path, 0) };
}

/** The entry at the end of a path; -1: there is none. */
function find({ value, offsets }: Whole, path: Path): number {
  let entry = offsets.length - SIZE;
  let at: Value | undefined = value;
  for (const step of path) {
    const block = offsets[entry + SIZE - 1] ?? NO_BLOCK;
    const index = indexOf(at, step);
    if (block < 0 || index < 0) return -1;
    entry = block + index * SIZE;
    at = childOf(at, step);
  }
  return entry;
}

function indexOf(value: Value | undefined, step: string | number): number {
  if (Array.isArray(value)) return typeof step === "number" && step < value.length ? step : -1;
  if (!(value instanceof Map)) return -1;
  let index = 0;
  for (const key of value.keys()) {
    if (key === step) return index;
    index++;
  }
  return -1;
}

function childOf(value: Value | undefined, step: string | number): Value | undefined {
  if (Array.isArray(value)) return typeof step === "number" ? value[step] : undefined;
  return value instanceof Map ? value.get(String(step)) : undefined;
}
