import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair } from "yaml";
import { type DiagnosticCode, quote } from "../diagnostics/index.ts";
import { asNode } from "./nodes.ts";
import type { Report } from "./report.ts";
import type { AliasTargets, Places } from "./spans.ts";
import type { Value } from "./value.ts";

/** How many values the aliases of one document may stand for: plenty for people, little for a processor. */
const MAX_ALIASED = 100_000;

/** Levels, counted through aliases: deeper documents are refused before they can exhaust the stack of any reader. */
export const MAX_DEPTH = 64;
export const TOO_DEEP = `this is nested more than ${MAX_DEPTH} levels deep`;

/**
 * The plain value of a document without syntax errors; null, and a diagnostic, where a key or an alias is refused.
 * Notes in `targets` what each alias stands for.
 */
export function toValue(document: Document, places: Places, targets: AliasTargets, report: Report): Value {
  const latest = new Map<string, Node>(); // anchors as far as the walk has come
  const open = new Set<Node>(); // what the walk is inside of
  const refuse = refusing(places, report);
  let insideAlias = 0;
  let aliased = 0;
  let isTooDeep = false;

  function ofNode(node: Node | null): Value {
    if (insideAlias > 0 && ++aliased > MAX_ALIASED) return null;
    if (node === null) return null;
    if (open.size >= MAX_DEPTH) {
      isTooDeep = true;
      return null;
    }
    if (isAlias(node)) return ofAlias(node);
    if (insideAlias === 0 && node.anchor !== undefined) latest.set(node.anchor, node);
    if (isScalar(node)) return ofScalar(node.value);
    open.add(node);
    const value = isSeq(node) ? node.items.map((item) => ofNode(asNode(item))) : isMap(node) ? ofMap(node.items) : null;
    open.delete(node);
    return value;
  }

  function ofMap(pairs: readonly Pair[]): Value {
    const map = new Map<string, Value>();
    let firsts: ReadonlyMap<string, number> | undefined;
    for (const pair of pairs) {
      const key = asNode(pair.key);
      if (key?.anchor !== undefined && insideAlias === 0) latest.set(key.anchor, key);
      const value = ofNode(asNode(pair.value));
      const name = nameOf(key);
      if (name === undefined) refuse(key, "E001-syntax", "a key must be a plain name");
      else if (name === "<<" && isScalar(key) && key.type === "PLAIN")
        refuse(key, "E005-merge-key", "the merge key `<<` is not part of YAML 1.2", "write the fields out");
      else if (map.has(name)) {
        firsts ??= firstKeys(pairs);
        const line = places.spanAt(firsts.get(name) ?? 0, 0).start.line;
        const help = `keep one of the two; the first is on line ${line}`;
        refuse(key, "E002-duplicate-key", `${quote(name)} is already set in this map`, help);
      } else map.set(name, value);
    }
    return map;
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
    if (insideAlias === 0 && aliased > MAX_ALIASED && before <= MAX_ALIASED) {
      const message = `the aliases of this document stand for more than ${MAX_ALIASED} values`;
      refuse(alias, "E003-alias", message, "write the values out");
    }
    if (insideAlias === 0 && isTooDeep && !wasTooDeep) refuse(alias, "E008-too-deep", TOO_DEEP);
    return value;
  }

  const value = ofNode(asNode(document.contents));
  return report.hasErrors() ? null : value;
}

type Refuse = (node: Node | null, code: DiagnosticCode, message: string, help?: string) => void;

function refusing(places: Places, report: Report): Refuse {
  return (node, code, message, help) => {
    const [start, end] = node?.range ?? [0, 0];
    report.addAt(places.spanAt(start, end), { code, path: [], message, help });
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
