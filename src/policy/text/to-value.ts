import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair } from "yaml";
import { type DiagnosticCode, quote, type Span } from "../diagnostics/index.ts";
import { asNode } from "./nodes.ts";
import { createOffsets, NO_BLOCK } from "./offsets.ts";
import type { Report } from "./report.ts";
import type { Value } from "./value.ts";

/** How many values the aliases of one document may stand for: plenty for people, little for a processor. */
const MAX_ALIASED = 100_000;

/** Levels, counted through aliases: deeper documents are refused before they can exhaust the stack of any reader. */
export const MAX_DEPTH = 64;
export const TOO_DEEP = `this is nested more than ${MAX_DEPTH} levels deep`;

/** What a document says, and where: see `createOffsets`. */
export interface ReadValue {
  readonly value: Value;
  readonly offsets: Int32Array;
}

/** The plain value of a document without syntax errors; null, and a diagnostic, where a key or an alias is refused. */
export function toValue(document: Document, spanAt: SpanAt, report: Report): ReadValue {
  const latest = new Map<string, Node>(); // anchors as far as the walk has come
  const targets = new Map<Alias, Node>();
  const blocks = new Map<Node, number>(); // of what has an anchor
  const open = new Set<Node>(); // what has an anchor and the walk is inside of
  const offsets = createOffsets();
  const refuse = refusing(spanAt, report);
  let insideAlias = 0;
  let aliased = 0;
  let depth = 0;
  let isTooDeep = false;
  let block = NO_BLOCK; // of the value that was read last

  function ofNode(node: Node | null): Value {
    block = NO_BLOCK;
    if (insideAlias > 0 && ++aliased > MAX_ALIASED) return null;
    if (node === null) return null;
    if (depth >= MAX_DEPTH) {
      isTooDeep = true;
      return null;
    }
    if (isAlias(node)) return ofAlias(node);
    if (insideAlias === 0 && node.anchor !== undefined) latest.set(node.anchor, node);
    if (isScalar(node)) return ofScalar(node.value);
    const opened = offsets.open();
    depth++;
    if (node.anchor !== undefined) open.add(node);
    const value = isSeq(node) ? ofSeq(node.items) : isMap(node) ? ofMap(node.items) : null;
    open.delete(node);
    depth--;
    if (insideAlias > 0) return value;
    block = offsets.close(opened);
    if (node.anchor !== undefined) blocks.set(node, block);
    return value;
  }

  function ofSeq(items: readonly unknown[]): Value {
    const list: Value[] = [];
    for (const item of items) {
      const node = asNode(item);
      list.push(ofNode(node));
      note(node, undefined);
    }
    return list;
  }

  function ofMap(pairs: readonly Pair[]): Value {
    const map = new Map<string, Value>();
    let firsts: ReadonlyMap<string, number> | undefined;
    for (const pair of pairs) {
      const key = asNode(pair.key);
      const inner = asNode(pair.value);
      if (key?.anchor !== undefined && insideAlias === 0) latest.set(key.anchor, key);
      const value = ofNode(inner);
      note(inner, key);
      const name = nameOf(key);
      if (name === undefined) refuse(key, "E001-syntax", "a key must be a plain name");
      else if (name === "<<" && isScalar(key) && key.type === "PLAIN")
        refuse(key, "E005-merge-key", "the merge key `<<` is not part of YAML 1.2", "write the fields out");
      else if (map.has(name)) {
        firsts ??= firstKeys(pairs);
        const line = spanAt(firsts.get(name) ?? 0, 0).start.line;
        const help = `keep one of the two; the first is on line ${line}`;
        refuse(key, "E002-duplicate-key", `${quote(name)} is already set in this map`, help);
      } else map.set(name, value);
    }
    return map;
  }

  /** The place of the value that was read last. An empty value has no text; its key has. */
  function note(node: Node | null, key: Node | null | undefined): void {
    if (insideAlias > 0) return;
    const ofKey = (key ?? node)?.range ?? NOWHERE;
    const range = node?.range ?? NOWHERE;
    const ofValue = key != null && range[0] === range[1] && isScalar(node) ? ofKey : range;
    offsets.add(ofKey[0], ofKey[1], ofValue[0], ofValue[1], block);
  }

  function ofAlias(alias: Alias): Value {
    const target = targets.get(alias) ?? latest.get(alias.source);
    if (target === undefined || open.has(target)) {
      const why = target === undefined ? "nothing before it has that anchor" : "it is inside the value that it repeats";
      refuse(alias, "E003-alias", `${quote(`*${alias.source}`)} stands for nothing: ${why}`);
      return null;
    }
    targets.set(alias, target);
    const before = aliased;
    const wasTooDeep = isTooDeep;
    insideAlias++;
    const value = ofNode(target);
    insideAlias--;
    block = blocks.get(target) ?? NO_BLOCK;
    if (insideAlias === 0 && aliased > MAX_ALIASED && before <= MAX_ALIASED) {
      const message = `the aliases of this document stand for more than ${MAX_ALIASED} values`;
      refuse(alias, "E003-alias", message, "write the values out");
    }
    if (insideAlias === 0 && isTooDeep && !wasTooDeep) refuse(alias, "E008-too-deep", TOO_DEEP);
    return value;
  }

  const contents = asNode(document.contents);
  const value = ofNode(contents);
  note(contents, undefined);
  return { value: report.hasErrors() ? null : value, offsets: offsets.finish() };
}

const NOWHERE = [-1, -1] as const;

/** The place between two offsets, in UTF-16 units from the start of the text. */
export type SpanAt = (start: number, end: number) => Span;

type Refuse = (node: Node | null, code: DiagnosticCode, message: string, help?: string) => void;

function refusing(spanAt: SpanAt, report: Report): Refuse {
  return (node, code, message, help) => {
    const [start, end] = node?.range ?? [0, 0];
    report.addAt(spanAt(start, end), { code, path: [], message, help });
  };
}

/** Undefined for a key that is no text. */
const nameOf = (key: Node | null): string | undefined => (isScalar(key) ? String(key.value ?? "") : undefined);

/** Where the first key of each name starts. */
function firstKeys(pairs: readonly Pair[]): Map<string, number> {
  const firsts = new Map<string, number>();
  for (const pair of pairs) {
    const key = asNode(pair.key);
    const name = nameOf(key);
    if (name !== undefined && !firsts.has(name)) firsts.set(name, key?.range?.[0] ?? 0);
  }
  return firsts;
}

function ofScalar(value: unknown): Value {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return typeof value === "bigint" ? Number(value) : null;
}
