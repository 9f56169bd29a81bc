import { type CST, isMap, isScalar, isSeq, type Node, parseAllDocuments, visit, type YAMLSeq } from "yaml";
import type { Position, Span } from "../diagnostics/index.ts";
import { createLines } from "./lines.ts";
import { asNode } from "./nodes.ts";

type Cut = readonly [from: number, to: number];

/**
 * The text without the list items that start at these places, and without the given comments; everything else, other
 * comments above the items included, stays as it was. Undefined where that cannot be done by leaving text out: nothing
 * starts there, an item has an anchor, no item of its list would be left, or the text has faults.
 */
export function removeItems(
  text: string,
  places: readonly Position[],
  comments: readonly Pick<Span, "start" | "end">[] = [],
): string | undefined {
  const lines = createLines(text);
  const wanted = new Set(places.map(({ line, column }) => `${line}:${column}`));
  const isWanted = (node: Node | null): boolean => {
    const { line, column } = lines.positionOf(node?.range?.[0] ?? -1);
    return wanted.has(`${line}:${column}`);
  };
  const documents = parseAllDocuments(text, {
    keepSourceTokens: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const cuts: Cut[] = comments.map(({ start, end }) => [lines.offsetOf(start), lines.offsetOf(end)]);
  let found = 0;
  for (const document of documents) {
    if (document.errors.length > 0) return undefined;
    visit(document, {
      Seq(_, seq) {
        const items = seq.items.map(asNode);
        const removed = new Set(items.flatMap((item, i) => (isWanted(item) ? [i] : [])));
        if (removed.size === 0) return;
        const made = removed.size === items.length ? undefined : cutsOf(text, seq, removed);
        if (made === undefined || [...removed].some((i) => hasAnchor(items[i] ?? null))) return;
        found += removed.size;
        cuts.push(...made);
      },
    });
  }
  return found === wanted.size ? without(text, cuts) : undefined;
}

function cutsOf(text: string, seq: YAMLSeq, removed: ReadonlySet<number>): Cut[] | undefined {
  const { srcToken } = seq;
  const items = seq.items.map(asNode);
  if (srcToken?.type === "block-seq") return blockCuts(text, srcToken, items, removed);
  return srcToken?.type === "flow-collection" ? flowCuts(text, srcToken, items, removed) : undefined;
}

/** From the dash to the end of the line on which the item ends: a comment there is about the item. */
function blockCuts(
  text: string,
  { items: sources }: CST.BlockSequence,
  items: readonly (Node | null)[],
  removed: ReadonlySet<number>,
): Cut[] | undefined {
  const cuts: Cut[] = [];
  for (const i of removed) {
    const dash = sources[i]?.start.find(({ type }) => type === "seq-item-ind");
    const end = items[i]?.range?.[1];
    if (dash === undefined || end === undefined || !startsLine(text, dash.offset)) return undefined;
    cuts.push([dash.offset, text[end - 1] === "\n" ? end - 1 : lineEnd(text, end)]);
  }
  return cuts;
}

/** An item goes with the comma before it; where the first ones go, with the comma of the first that stays. */
function flowCuts(
  text: string,
  { items: sources }: CST.FlowCollection,
  items: readonly (Node | null)[],
  removed: ReadonlySet<number>,
): Cut[] | undefined {
  const cuts: Cut[] = [];
  const firstKept = items.findIndex((_, i) => !removed.has(i));
  for (const [i, item] of items.entries()) {
    if (!removed.has(i) && i !== firstKept) continue;
    const comma = sources[i]?.start.find(({ type }) => type === "comma");
    if (comma !== undefined) cuts.push([comma.offset, afterSpaces(text, comma.offset + 1)]);
    if (!removed.has(i)) continue;
    if (item?.range == null) return undefined;
    cuts.push([item.range[0], item.range[1]]);
  }
  return cuts;
}

const startsLine = (text: string, offset: number): boolean =>
  text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).trim() === "";

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end;
}

/** Not up to a comment: without a space before it, it would be none. */
function afterSpaces(text: string, offset: number): number {
  let at = offset;
  while (text[at] === " " || text[at] === "\t") at++;
  return text[at] === "#" ? offset : at;
}

function hasAnchor(node: Node | null): boolean {
  let found = false;
  if (node !== null)
    visit(node, (_, part) => {
      if ((isMap(part) || isSeq(part) || isScalar(part)) && part.anchor !== undefined) found = true;
      return found ? visit.BREAK : undefined;
    });
  return found;
}

/** Leaves out the cuts, and the lines of which nothing but white space remains. */
function without(text: string, cuts: readonly Cut[]): string {
  const sorted = [...cuts].sort((a, b) => a[0] - b[0]);
  let out = "";
  let at = 0; // start of what is not copied yet: always the start of a line or right after a cut
  let line = ""; // what remains so far of a line with a cut
  let isCut = false;
  const copy = (to: number): void => {
    const piece = text.slice(at, to);
    const newline = piece.indexOf("\n");
    if (!isCut || newline < 0) line += piece;
    else {
      line += piece.slice(0, newline);
      out += line.trim() === "" ? "" : `${line}\n`;
      line = piece.slice(newline + 1);
      isCut = false;
    }
  };
  for (const [from, to] of sorted) {
    copy(from);
    const start = line.lastIndexOf("\n") + 1;
    out += line.slice(0, start);
    line = line.slice(start);
    isCut = true;
    at = Math.max(at, to);
  }
  copy(text.length);
  return out + (isCut && line.trim() === "" ? "" : line);
}
