import type { DomainPattern } from "../net/index.ts";

/**
 * Names below one point of the name tree, read from the last label. `self`: the name that ends here; `below`: every
 * longer name that no child speaks for. Normal form: no child that says the same as `below` all through.
 */
interface NameTree {
  readonly self: boolean;
  readonly below: boolean;
  readonly children: ReadonlyMap<string, NameTree>;
}

/**
 * A set of names of one kind of traffic. `none`: no name was sent. `illFormed`: HTTP hosts that no Domain rule looks
 * at. Equal sets have equal structure, children in any order.
 */
export interface NameSet {
  readonly none: boolean;
  readonly illFormed: boolean;
  readonly tree: NameTree;
}

const leaf = (below: boolean, self = below): NameTree => ({ self, below, children: NO_CHILDREN });
const NO_CHILDREN: ReadonlyMap<string, NameTree> = new Map();
const EMPTY_TREE = leaf(false);
const FULL_TREE = leaf(true);

/** No name, not even the missing one. */
export const NO_NAMES: NameSet = { none: false, illFormed: false, tree: EMPTY_TREE };

/** Everything that can stand as server name: absent, or any text. */
export const ALL_SERVER_NAMES: NameSet = { none: true, illFormed: false, tree: FULL_TREE };

/** Everything that can stand as HTTP host: absent, ill formed, or well formed. */
export const ALL_HOSTS: NameSet = { none: true, illFormed: true, tree: FULL_TREE };

/** Traffic that carries no name. */
export const NAMELESS: NameSet = { none: true, illFormed: false, tree: EMPTY_TREE };

/** Every well-formed name, and not the missing one. */
export const ALL_NAMED: NameSet = { none: false, illFormed: false, tree: FULL_TREE };

interface Growing {
  self: boolean;
  below: boolean;
  children: Map<string, Growing>;
}

const nothingYet = (): Growing => ({ self: false, below: false, children: new Map() });

/** The names that at least one of the patterns covers. `*` here is every name, and not the missing one. */
export function nameSet(patterns: Iterable<DomainPattern>): NameSet {
  const root = nothingYet();
  for (const pattern of patterns) {
    if (pattern.kind === "any") return ALL_NAMED;
    const node = grow(root, pattern.kind === "exact" ? pattern.name : pattern.rest);
    if (pattern.kind === "exact") node.self = true;
    else node.below = true;
  }
  return { none: false, illFormed: false, tree: settle(root, false) };
}

/** One name as it stands, or the missing one. */
export function oneName(name: string | undefined): NameSet {
  if (name === undefined) return NAMELESS;
  const root = nothingYet();
  grow(root, name).self = true;
  return { none: false, illFormed: false, tree: settle(root, false) };
}

function grow(root: Growing, name: string): Growing {
  let node = root;
  for (const label of name.split(".").reverse()) {
    let child = node.children.get(label);
    if (child === undefined) {
      child = nothingYet();
      node.children.set(label, child);
    }
    node = child;
  }
  return node;
}

/** Growing nodes hold what they add; `covered` is what a wildcard above has said already. */
function settle(node: Growing, covered: boolean): NameTree {
  const below = covered || node.below;
  const children = new Map<string, NameTree>();
  for (const [label, child] of node.children) {
    const settled = settle(child, below);
    if (!isLeafOf(settled, below)) children.set(label, settled);
  }
  return { self: covered || node.self, below, children };
}

const isLeafOf = (tree: NameTree, value: boolean): boolean =>
  tree.children.size === 0 && tree.self === value && tree.below === value;

type Both = (a: boolean, b: boolean) => boolean;

function combineTrees(a: NameTree, b: NameTree, both: Both): NameTree {
  const short = shortcut(a, b, both);
  if (short !== undefined) return short;
  const below = both(a.below, b.below);
  const children = new Map<string, NameTree>();
  const keep = (label: string, made: NameTree): void => {
    if (!isLeafOf(made, below)) children.set(label, made);
  };
  // Where one side says the same of everything, children that the other side lacks cannot change the answer.
  if (both(a.below, true) !== both(a.below, false))
    for (const [label, child] of b.children)
      if (!a.children.has(label)) keep(label, combineTrees(leaf(a.below), child, both));
  const alone = both(true, b.below) !== both(false, b.below);
  for (const [label, child] of a.children) {
    const other = b.children.get(label);
    if (other !== undefined) keep(label, combineTrees(child, other, both));
    else if (alone) keep(label, combineTrees(child, leaf(b.below), both));
  }
  return { self: both(a.self, b.self), below, children };
}

/** The answer where one side is all or nothing and leaves the other as it is, or does not ask it. */
function shortcut(a: NameTree, b: NameTree, both: Both): NameTree | undefined {
  if (isLeafOf(a, a.below)) {
    const [ifTrue, ifFalse] = [both(a.below, true), both(a.below, false)];
    if (ifTrue === ifFalse) return leaf(ifTrue);
    if (ifTrue) return b;
  }
  if (isLeafOf(b, b.below)) {
    const [ifTrue, ifFalse] = [both(true, b.below), both(false, b.below)];
    if (ifTrue === ifFalse) return leaf(ifTrue);
    if (ifTrue) return a;
  }
  return undefined;
}

const combine = (a: NameSet, b: NameSet, both: Both): NameSet => ({
  none: both(a.none, b.none),
  illFormed: both(a.illFormed, b.illFormed),
  tree: combineTrees(a.tree, b.tree, both),
});

const or: Both = (x, y) => x || y;

/** What is in either. */
export const nameUnion = (a: NameSet, b: NameSet): NameSet => combine(a, b, or);

/** What is in both. */
export const nameIntersection = (a: NameSet, b: NameSet): NameSet => combine(a, b, (x, y) => x && y);

/** What is in `a` and not in `b`. */
export const nameDifference = (a: NameSet, b: NameSet): NameSet => combine(a, b, (x, y) => x && !y);

/** Nothing in it? The root's own `self` stands for no name. */
export const isNoName = (set: NameSet): boolean =>
  !set.none && !set.illFormed && !set.tree.below && set.tree.children.size === 0;

/** Are all names of one set in the other? */
export const isNamesWithin = (inner: NameSet, outer: NameSet): boolean => isNoName(nameDifference(inner, outer));

/** `set` with what its wildcards leave out and `more` has, where that is the whole of an exception: nothing to say is added. */
export const namesFilled = (set: NameSet, more: NameSet): NameSet => ({
  ...set,
  tree: filledTree(set.tree, more.tree),
});

function filledTree(node: NameTree, more: NameTree): NameTree {
  const children = new Map<string, NameTree>();
  for (const [label, child] of node.children) {
    const other = more.children.get(label) ?? leaf(more.below);
    const isWhole = node.below && isLeafOf(combineTrees(child, other, or), true);
    if (!isWhole) children.set(label, filledTree(child, other));
  }
  return { ...node, children };
}

/** Is the name in the set? `name` absent: the missing one. */
export function holdsName(set: NameSet, name: string | undefined): boolean {
  if (name === undefined) return set.none;
  let node = set.tree;
  for (const label of name.split(".").reverse()) {
    const child = node.children.get(label);
    if (child === undefined) return node.below;
    node = child;
  }
  return node.self;
}

/** One stretch of a set of names, for people. */
export type NameClass =
  | { readonly kind: "none" }
  | { readonly kind: "ill-formed" }
  | { readonly kind: "exact"; readonly name: string }
  | { readonly kind: "below"; readonly rest: string; readonly except: readonly string[] }; // rest "": every name

/** The name that a label makes with what follows it; a name may end in a dot, so the root is no text. */
const longer = (label: string, path: string | undefined): string => (path === undefined ? label : `${label}.${path}`);

/** The set in stretches, tree order. `except` lists what the stretch leaves out: names, and `*.rest` for all below. */
export function nameClasses(set: NameSet): readonly NameClass[] {
  const out: NameClass[] = [];
  if (set.none) out.push({ kind: "none" });
  if (set.illFormed) out.push({ kind: "ill-formed" });
  const walk = (node: NameTree, path: string | undefined, inside: boolean): void => {
    if (path !== undefined && node.self && !inside) out.push({ kind: "exact", name: path });
    const opens = node.below && !inside;
    if (opens) out.push({ kind: "below", rest: path ?? "", except: exceptions(node, path) });
    for (const [label, child] of sortedChildren(node)) walk(child, longer(label, path), node.below);
  };
  walk(set.tree, undefined, false);
  return out;
}

/** Names and wildcards that a node leaves out although it covers all below itself. */
function exceptions(node: NameTree, path: string | undefined): string[] {
  const out: string[] = [];
  for (const [label, child] of sortedChildren(node)) {
    const at = longer(label, path);
    if (!child.self) out.push(at);
    if (child.below) out.push(...exceptions(child, at));
    else out.push(`*.${at}`);
  }
  return out;
}

const sortedChildren = (node: NameTree): [string, NameTree][] =>
  [...node.children].sort(([a], [b]) => (a < b ? -1 : 1));

/** A member of the set: a name, or what stands for the missing or the ill-formed one. */
export function someName(set: NameSet): { readonly name: string } | "none" | "ill-formed" | undefined {
  const name = nameIn(set.tree, undefined);
  if (name !== undefined) return { name };
  return set.none ? "none" : set.illFormed ? "ill-formed" : undefined;
}

function nameIn(node: NameTree, path: string | undefined): string | undefined {
  if (path !== undefined && node.self) return path;
  if (node.below) return path === undefined ? fresh(node, "example.") : `${fresh(node, "")}.${path}`;
  // Where nothing is below of itself, every child holds a name: the first will do, and no list has to be sorted.
  let first: readonly [string, NameTree] | undefined;
  for (const child of node.children) if (first === undefined || child[0] < first[0]) first = child;
  return first === undefined ? undefined : nameIn(first[1], longer(first[0], path));
}

const weightBelow = (labels: number): bigint => 1n << BigInt(Math.max(0, 48 - 8 * labels));

/** How many names a set holds, as far as that can be said: each counts 1, all below a name of k labels 2^(48 - 8k). */
export function nameWeight(set: NameSet): bigint {
  const walk = (node: NameTree, labels: number): bigint => {
    let sum = (node.self && labels > 0 ? 1n : 0n) + (node.below ? weightBelow(labels) : 0n);
    const full = 1n + weightBelow(labels + 1);
    for (const child of node.children.values()) sum += walk(child, labels + 1) - (node.below ? full : 0n);
    return node.below && sum < 1n ? 1n : sum;
  };
  return walk(set.tree, 0);
}

/** A label that no child speaks for. */
function fresh(node: NameTree, before: string): string {
  const usual = before === "" ? "www" : "net";
  for (let n = 0; ; n++) {
    const label = n === 0 ? usual : `${usual}-${n}`;
    if (!node.children.has(label)) return `${before}${label}`;
  }
}
