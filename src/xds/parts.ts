/**
 * Large resources in parts, so that a change sends little (`proto/sallyport/v1/parts.proto`).
 *
 *   bytes ──▶ cut where their content says so ──▶ parts, named by their digests ──▶ a tree of digests
 *
 * Equal stretches of two versions give equal parts wherever they stand: an insertion changes the parts that it is in
 * and no other. Whoever holds parts of another version asks only for what it lacks, and takes the whole or nothing.
 */
import { hash } from "node:crypto";

/** What the parts hold together. Shared by all resources that differ in their heads alone. */
export interface Body extends Tree {
  readonly bytes: Uint8Array;
  /** By name; those that hold bytes are views of `bytes`. */
  readonly parts: ReadonlyMap<string, Uint8Array>;
}

export interface Tree {
  /** SHA-256 of the bytes, as hexadecimal digits. */
  readonly digest: string;
  /** 0: `top` names parts that hold bytes; 1: parts that hold the names of such parts; and so on. */
  readonly levels: number;
  readonly top: readonly string[];
}

/** Bytes of a part: a change sends one or two. */
const [MIN_PART, MEAN_PART, MAX_PART] = [256, 1024, 4096];
/** Names in a list that is a part of its own; more at the top than the most are cut once more. */
const [MIN_NAMES, MEAN_NAMES, MAX_NAMES] = [4, 16, 64];
/** More than any control plane sends: 16 GB. */
const MAX_LEVELS = 5;
const MAX_PARTS = 1 << 24;
const NAME_BYTES = 16;

const NAME = /^[0-9a-f]{32}$/;
/** Names of resources have a slash, so nothing is both. */
export const isPartName = (name: string): boolean => NAME.test(name);

/** 128 bits: who writes policies must not be able to make two parts look the same. */
export const partName = (content: Uint8Array): string => hash("sha256", content, "hex").slice(0, 2 * NAME_BYTES);

/** `bytes` are kept, not copied. Equal bytes give equal bodies. */
export function splitBody(bytes: Uint8Array): Body {
  const parts = new Map<string, Uint8Array>();
  const add = (content: Uint8Array): string => {
    const name = partName(content);
    parts.set(name, content);
    return name;
  };
  let top = cutBytes(bytes).map(add);
  let levels = 0;
  for (; top.length > MAX_NAMES; levels++) top = cutNames(top).map((names) => add(joinNames(names)));
  return { bytes, parts, digest: hash("sha256", bytes, "hex"), levels, top };
}

export type Joined =
  | { readonly kind: "whole"; readonly body: Body }
  /** These are not there, and maybe more below them. */
  | { readonly kind: "lacks"; readonly names: readonly string[] }
  /** Whatever else comes, it is not what the tree says. */
  | { readonly kind: "damaged" };

/** Put together what a tree names. The bytes of the result are a copy: `prefix`, which is not part of it, precedes them. */
export function joinBody(
  tree: Tree,
  find: (name: string) => Uint8Array | undefined,
  prefix: Uint8Array = new Uint8Array(),
): Joined {
  const parts = new Map<string, Uint8Array>();
  let names = tree.top;
  if (tree.levels > MAX_LEVELS) return { kind: "damaged" };
  for (let level = tree.levels; level > 0; level--) {
    const lists = contentsOf(names, find);
    if ("lacks" in lists) return { kind: "lacks", names: lists.lacks };
    for (const [i, list] of lists.found.entries()) parts.set(names[i] ?? "", list.slice());
    names = lists.found.flatMap(splitNames);
    if (names.length > MAX_PARTS) return { kind: "damaged" };
  }
  const leaves = contentsOf(names, find);
  if ("lacks" in leaves) return { kind: "lacks", names: leaves.lacks };
  const size = leaves.found.reduce((sum, { length }) => sum + length, prefix.length);
  const whole = new Uint8Array(size);
  whole.set(prefix);
  let at = prefix.length;
  for (const [i, content] of leaves.found.entries()) {
    whole.set(content, at);
    parts.set(names[i] ?? "", whole.subarray(at, at + content.length));
    at += content.length;
  }
  const bytes = whole.subarray(prefix.length);
  if (hash("sha256", bytes, "hex") !== tree.digest) return { kind: "damaged" };
  return { kind: "whole", body: { ...tree, bytes, parts } };
}

function contentsOf(
  names: readonly string[],
  find: (name: string) => Uint8Array | undefined,
): { readonly found: readonly Uint8Array[] } | { readonly lacks: readonly string[] } {
  const lacks = new Set<string>();
  const found = names.flatMap((name) => {
    const content = find(name);
    if (content === undefined) lacks.add(name);
    return content ?? [];
  });
  return lacks.size > 0 ? { lacks: [...lacks] } : { found };
}

export const joinNames = (names: readonly string[]): Uint8Array => Buffer.from(names.join(""), "hex");

/** Whatever is too much for whole names is left out; the digest of the whole then tells. */
export function splitNames(content: Uint8Array): string[] {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("hex");
  return text.match(/.{32}/g) ?? [];
}

function cutNames(names: readonly string[]): string[][] {
  const lists: string[][] = [];
  let list: string[] = [];
  for (const name of names) {
    list.push(name);
    const isCut = Number.parseInt(name.slice(0, 4), 16) % MEAN_NAMES === 0;
    if (list.length < MAX_NAMES && (list.length < MIN_NAMES || !isCut)) continue;
    lists.push(list);
    list = [];
  }
  return list.length > 0 ? [...lists, list] : lists;
}

/**
 * Cut where a hash over the last 32 bytes is below a limit (a "gear" hash: each byte adds a number of its own, and what
 * is older is shifted out).
 */
function cutBytes(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const limit = 2 ** 32 / MEAN_PART;
  for (let start = 0; start < bytes.length; ) {
    const most = Math.min(start + MAX_PART, bytes.length);
    let end = Math.min(start + MIN_PART, most);
    let sum = 0;
    for (let i = Math.max(start, end - 32); i < end; i++) sum = ((sum << 1) + (GEAR[bytes[i] ?? 0] ?? 0)) | 0;
    while (end < most && sum >>> 0 >= limit) {
      sum = ((sum << 1) + (GEAR[bytes[end] ?? 0] ?? 0)) | 0;
      end++;
    }
    parts.push(bytes.subarray(start, end));
    start = end;
  }
  return parts;
}

/** A number for each byte, the same everywhere: an agent that cuts what it holds finds the parts of its control plane. */
const GEAR = Uint32Array.from({ length: 256 }, (_, byte) =>
  Number.parseInt(hash("sha256", `gear ${byte}`, "hex").slice(0, 8), 16),
);
