import { LABELS, type MeshPassthrough } from "../model/index.ts";

/** Absent, and what nobody defines: 1. */
const ORIGIN_RANKS: ReadonlyMap<string | undefined, number> = new Map([
  ["global", 0],
  ["zone", 2],
]);

/** `system`, absent, and what nobody defines: 0. */
const ROLE_RANKS: ReadonlyMap<string | undefined, number> = new Map([
  ["producer", 1],
  ["consumer", 2],
  ["workload-owner", 3],
]);

/**
 * Semantics §7: negative where `a` has the lower precedence. Zero only for policies of one mesh and one name, so
 * any sort gives one result. The smallest display name wins, hence the swapped arguments.
 */
export function comparePrecedence(a: MeshPassthrough, b: MeshPassthrough): number {
  return (
    kindRank(a) - kindRank(b) ||
    originRank(a) - originRank(b) ||
    roleRank(a) - roleRank(b) ||
    compareBytes(b.meta.displayName, a.meta.displayName) ||
    compareBytes(a.meta.mesh, b.meta.mesh) ||
    compareBytes(a.meta.name, b.meta.name)
  );
}

/** Order of the UTF-8 bytes, which is that of the code points and not that of UTF-16 units. */
export function compareBytes(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = codePointRank(a.charCodeAt(i)) - codePointRank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Halves of surrogate pairs stand for the code points above all others. */
const codePointRank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit);

const kindRank = (policy: MeshPassthrough): number => (policy.targetRef?.kind === "MeshSubset" ? 1 : 0);

const originRank = (policy: MeshPassthrough): number => ORIGIN_RANKS.get(policy.meta.labels[LABELS.origin]) ?? 1;

const roleRank = (policy: MeshPassthrough): number => ROLE_RANKS.get(policy.meta.labels[LABELS.role]) ?? 0;
