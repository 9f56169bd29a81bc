import type { DomainName, DomainPattern } from "../../policy/net/index.ts";
import { type ByLevel, HTTP_LEVELS, type HttpLevel, type NameSet } from "./table.ts";

interface RankedName {
  readonly name: DomainName;
  readonly own: number;
}

/** Patterns filed by kind, each with the strongest level that a rule gives it; lower is stronger. */
interface Ranks {
  any: number | undefined;
  readonly exact: Map<string, RankedName>;
  readonly suffix: Map<string, RankedName>;
  /** By name: the strongest of the wildcards that cover `*.name`, itself included. */
  readonly below: Map<string, number>;
}

/** The patterns of one layer that knows no levels. */
export function nameSet(patterns: readonly DomainPattern[]): NameSet {
  return reduce(rank(patterns.map((pattern) => ({ pattern, level: "http" }))))[0] ?? NO_NAMES;
}

/**
 * The patterns of one HTTP layer by level. A name has the strongest level of all patterns that cover it, itself
 * included, and is left out where the nearest wider pattern has that level already.
 */
export function namesByLevel(
  patterns: readonly { readonly pattern: DomainPattern; readonly level: HttpLevel }[],
): ByLevel<NameSet> {
  const [http = NO_NAMES, http2 = NO_NAMES, grpc = NO_NAMES] = reduce(rank(patterns));
  return { http, http2, grpc };
}

/** The patterns of a name set; {@link nameSet} of them gives the set back. */
export function patternsOf(names: NameSet): readonly DomainPattern[] {
  return [
    ...(names.any ? [{ kind: "any" } as const] : []),
    ...names.exact.map((name) => ({ kind: "exact", name }) as const),
    ...names.suffix.map((rest) => ({ kind: "suffix", rest }) as const),
  ];
}

/** The strongest level that a layer gives to a name, or to every name below a wildcard's; undefined: none. */
export function levelFinder(names: ByLevel<NameSet>): (pattern: DomainPattern) => HttpLevel | undefined {
  const sets = HTTP_LEVELS.map((level) => {
    const { any, exact, suffix } = names[level];
    return { level, any, exact: new Set<string>(exact), suffix: new Set<string>(suffix) };
  });
  return (pattern) =>
    sets.find(({ any, exact, suffix }) => {
      if (any || pattern.kind === "any") return any;
      const name: string = pattern.kind === "exact" ? pattern.name : pattern.rest;
      return (
        (pattern.kind === "exact" ? exact : suffix).has(name) || wildcardsAbove(name).some((rest) => suffix.has(rest))
      );
    })?.level;
}

function wildcardsAbove(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_, i) => labels.slice(i + 1).join("."));
}

/** Does the set admit nothing? */
export const isEmptyNameSet = (names: NameSet): boolean =>
  !names.any && names.exact.length === 0 && names.suffix.length === 0;

/** The set that admits nothing. */
export const NO_NAMES: NameSet = { any: false, exact: [], suffix: [] };

function rank(patterns: readonly { readonly pattern: DomainPattern; readonly level: HttpLevel }[]): Ranks {
  const ranks: Ranks = { any: undefined, exact: new Map(), suffix: new Map(), below: new Map() };
  for (const { pattern, level } of patterns) {
    const r = HTTP_LEVELS.indexOf(level);
    if (pattern.kind === "any") ranks.any = Math.min(ranks.any ?? r, r);
    else if (pattern.kind === "exact") strengthen(ranks.exact, pattern.name, r);
    else strengthen(ranks.suffix, pattern.rest, r);
  }
  return ranks;
}

function strengthen(map: Map<string, RankedName>, name: DomainName, r: number): void {
  map.set(name, { name, own: Math.min(map.get(name)?.own ?? r, r) });
}

/** One name set a rank. */
function reduce(ranks: Ranks): NameSet[] {
  const sets = HTTP_LEVELS.map((_, r) => ({
    any: ranks.any === r,
    exact: needed(ranks, "exact", r),
    suffix: needed(ranks, "suffix", r),
  }));
  return sets;
}

/** The names of one kind whose own rank is `r` and stronger than what covers them. */
function needed(ranks: Ranks, kind: "exact" | "suffix", r: number): DomainName[] {
  const out: DomainName[] = [];
  for (const { name, own } of ranks[kind].values()) if (own === r && own < rankAbove(ranks, name)) out.push(name);
  return out.sort(compareText);
}

/** The strongest rank of the wildcards that cover `name` (or `*.name`) without being it. */
function rankAbove(ranks: Ranks, name: string): number {
  const dot = name.indexOf(".");
  return dot < 0 || ranks.suffix.size === 0 ? rankOfAny(ranks) : rankBelow(ranks, name.slice(dot + 1));
}

/** The strongest rank of the wildcards that cover whatever ends in `.parent`; many names have the same parent. */
function rankBelow(ranks: Ranks, parent: string): number {
  const known = ranks.below.get(parent);
  if (known !== undefined) return known;
  const rank = Math.min(ranks.suffix.get(parent)?.own ?? HTTP_LEVELS.length, rankAbove(ranks, parent));
  ranks.below.set(parent, rank);
  return rank;
}

const rankOfAny = ({ any }: Ranks): number => any ?? HTTP_LEVELS.length;

/** Order of code units: the same on every machine. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
