import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from "yaml";
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
  /** What YAML 1.1 reads as something else. */
  readonly ambiguous: readonly Ambiguous[];
}

/** A plain text that readers of YAML 1.1, such as kubectl and Kuma, take for another value. */
export interface Ambiguous {
  readonly span: Span;
  readonly written: string;
  readonly here: string;
  readonly there: string;
}

/** The plain value of a document without syntax errors; null, and a diagnostic, where a key or an alias is refused. */
export function toValue(document: Document, spanAt: SpanAt, report: Report): ReadValue {
  const walk = new Walk(spanAt, report);
  const value = walk.whole(asNode(document.contents));
  return { value: report.hasErrors() ? null : value, offsets: walk.offsets.finish(), ambiguous: walk.ambiguous };
}

/** From the first node of a document to its last. */
class Walk {
  readonly offsets = createOffsets();
  readonly ambiguous: Ambiguous[] = [];
  readonly #spanAt: SpanAt;
  readonly #report: Report;
  /** Anchors as far as the walk has come. */
  readonly #latest = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  /** Of what has an anchor. */
  readonly #blocks = new Map<Node, number>();
  /** What has an anchor, and the walk is inside of. */
  readonly #open = new Set<Node>();
  /** How many lists and maps the walk is inside of. */
  #depth = 0;
  #isTooDeep = false;
  #insideAlias = 0;
  #aliased = 0;
  /** Of the value that was read last. */
  #block = NO_BLOCK;

  constructor(spanAt: SpanAt, report: Report) {
    this.#spanAt = spanAt;
    this.#report = report;
  }

  whole(contents: Node | null): Value {
    const value = this.#ofNode(contents);
    this.#note(contents, undefined);
    return value;
  }

  #ofNode(node: Node | null): Value {
    this.#block = NO_BLOCK;
    if (this.#insideAlias > 0 && ++this.#aliased > MAX_ALIASED) return null;
    if (node === null) return null;
    if (this.#depth >= MAX_DEPTH) {
      this.#isTooDeep = true;
      return null;
    }
    if (isAlias(node)) return this.#ofAlias(node);
    if (this.#insideAlias === 0 && node.anchor !== undefined) this.#latest.set(node.anchor, node);
    if (isScalar(node)) {
      this.#compare(node);
      return ofScalar(node.value);
    }
    const opened = this.offsets.open();
    this.#depth++;
    if (node.anchor !== undefined) this.#open.add(node);
    const value = isSeq(node) ? this.#ofSeq(node.items) : isMap(node) ? this.#ofMap(node.items) : null;
    if (node.anchor !== undefined) this.#open.delete(node);
    this.#depth--;
    if (this.#insideAlias > 0) return value;
    this.#block = this.offsets.close(opened);
    if (node.anchor !== undefined) this.#blocks.set(node, this.#block);
    return value;
  }

  #ofSeq(items: readonly unknown[]): Value {
    const list: Value[] = [];
    for (const item of items) {
      const node = asNode(item);
      list.push(this.#ofNode(node));
      this.#note(node, undefined);
    }
    return list;
  }

  #ofMap(pairs: readonly Pair[]): Value {
    const map = new Map<string, Value>();
    let firsts: ReadonlyMap<string, number> | undefined;
    for (const pair of pairs) {
      const key = asNode(pair.key);
      const inner = asNode(pair.value);
      if (key?.anchor !== undefined && this.#insideAlias === 0) this.#latest.set(key.anchor, key);
      const value = this.#ofNode(inner);
      this.#note(inner, key);
      const name = nameOf(key);
      if (isScalar(key)) this.#compare(key);
      if (name === undefined) this.#refuse(key, "E001-syntax", "a key must be a plain name");
      else if (name === "<<" && isScalar(key) && key.type === "PLAIN")
        this.#refuse(key, "E005-merge-key", "the merge key `<<` is not part of YAML 1.2", "write the fields out");
      else if (map.has(name)) {
        firsts ??= firstKeys(pairs);
        const line = this.#spanAt(firsts.get(name) ?? 0, 0).start.line;
        const help = `keep one of the two; the first is on line ${line}`;
        this.#refuse(key, "E002-duplicate-key", `${quote(name)} is already set in this map`, help);
      } else map.set(name, value);
    }
    return map;
  }

  #compare({ type, value, source, range }: Scalar): void {
    if (type !== "PLAIN" || source === undefined || this.#insideAlias > 0) return;
    const there = typeof value === "number" ? asOctal(source, value) : booleanIn11(source);
    if (there === undefined) return;
    const span = this.#spanAt(range?.[0] ?? 0, range?.[1] ?? 0);
    this.ambiguous.push({ span, written: source, here: typeof value === "number" ? `${value}` : "text", there });
  }

  /** The place of the value that was read last. An empty value has no text; its key has. */
  #note(node: Node | null, key: Node | null | undefined): void {
    if (this.#insideAlias > 0) return;
    const ofKey = (key ?? node)?.range ?? NOWHERE;
    const range = node?.range ?? NOWHERE;
    const ofValue = key != null && range[0] === range[1] && isScalar(node) ? ofKey : range;
    this.offsets.add(ofKey[0], ofKey[1], ofValue[0], ofValue[1], this.#block);
  }

  #ofAlias(alias: Alias): Value {
    const target = this.#targets.get(alias) ?? this.#latest.get(alias.source);
    if (target === undefined || this.#open.has(target)) {
      const why = target === undefined ? "nothing before it has that anchor" : "it is inside the value that it repeats";
      this.#refuse(alias, "E003-alias", `${quote(`*${alias.source}`)} stands for nothing: ${why}`);
      return null;
    }
    this.#targets.set(alias, target);
    const before = this.#aliased;
    const wasTooDeep = this.#isTooDeep;
    this.#insideAlias++;
    const value = this.#ofNode(target);
    this.#insideAlias--;
    this.#block = this.#blocks.get(target) ?? NO_BLOCK;
    if (this.#insideAlias === 0 && this.#aliased > MAX_ALIASED && before <= MAX_ALIASED) {
      const message = `the aliases of this document stand for more than ${MAX_ALIASED} values`;
      this.#refuse(alias, "E003-alias", message, "write the values out");
    }
    if (this.#insideAlias === 0 && this.#isTooDeep && !wasTooDeep) this.#refuse(alias, "E008-too-deep", TOO_DEEP);
    return value;
  }

  #refuse(node: Node | null, code: DiagnosticCode, message: string, help?: string): void {
    const [start, end] = node?.range ?? [0, 0];
    this.#report.addAt(this.#spanAt(start, end), { code, path: [], message, help });
  }
}

const NOWHERE = [-1, -1] as const;

/** The place between two offsets, in UTF-16 units from the start of the text. */
export type SpanAt = (start: number, end: number) => Span;

/** Undefined where it is the same number. */
function asOctal(source: string, value: number): string | undefined {
  if (source.charCodeAt(0) !== 48 || !/^0[0-7]+$/.test(source)) return undefined;
  const octal = Number.parseInt(source, 8);
  return octal === value ? undefined : String(octal);
}

function booleanIn11(source: string): "true" | "false" | undefined {
  if (source.length > 3) return undefined;
  return TRUE_IN_1_1.test(source) ? "true" : FALSE_IN_1_1.test(source) ? "false" : undefined;
}

const TRUE_IN_1_1 = /^(?:[yY]|yes|Yes|YES|on|On|ON)$/;
const FALSE_IN_1_1 = /^(?:[nN]|no|No|NO|off|Off|OFF)$/;

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
