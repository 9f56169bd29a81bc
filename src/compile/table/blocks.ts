import { type Cidr, cidrOf, compareCidr, covers, width } from "../../policy/net/index.ts";
import { type ByLevel, HTTP_LEVELS, type HttpLevel } from "./table.ts";

/** The same addresses in as few of the given blocks as possible: sorted, none inside another. */
export function mergeBlocks(blocks: readonly Cidr[]): readonly Cidr[] {
  const kept: Cidr[] = [];
  let last: Cidr | undefined;
  // Blocks nest or are apart, and a wider one sorts first: only the last that was kept can cover the next.
  for (const block of [...blocks].sort(compareCidr)) {
    if (last !== undefined && covers(last, block)) continue;
    kept.push(block);
    last = block;
  }
  return kept;
}

/** The blocks of each level, without those that blocks of a stronger level cover. */
export function blocksByLevel(
  given: readonly { readonly block: Cidr; readonly level: HttpLevel }[],
): ByLevel<readonly Cidr[]> {
  const upTo = (rank: number) =>
    mergeBlocks(given.filter(({ level }) => HTTP_LEVELS.indexOf(level) <= rank).map(({ block }) => block));
  const [http, http2, grpc] = [upTo(0), upTo(1), upTo(2)];
  return { http, http2: without(http2, http), grpc: without(grpc, http2) };
}

/** What `all` has and `stronger` has not; both sorted. A block of `all` is never inside one of `stronger` without being it. */
function without(all: readonly Cidr[], stronger: readonly Cidr[]): readonly Cidr[] {
  let i = 0;
  return all.filter((block) => {
    for (let next = stronger[i]; next !== undefined && compareCidr(next, block) < 0; next = stronger[i]) i++;
    const next = stronger[i];
    return next === undefined || compareCidr(next, block) !== 0;
  });
}

/** The same addresses in as few blocks as there can be: two halves of a block become it. `blocks`: as merged. */
export function joinHalves(blocks: readonly Cidr[]): readonly Cidr[] {
  const joined: Cidr[] = [];
  for (const block of blocks) {
    let whole = block;
    for (let last = joined.at(-1); last !== undefined && areHalves(last, whole); last = joined.at(-1)) {
      joined.pop();
      whole = cidrOf(last.family, last.base, last.prefix - 1);
    }
    joined.push(whole);
  }
  return joined;
}

function areHalves(a: Cidr, b: Cidr): boolean {
  if (a.family !== b.family || a.prefix !== b.prefix || a.prefix === 0) return false;
  return (a.base ^ b.base) === 1n << BigInt(width(a.family) - a.prefix);
}

/** Do the blocks hold at most so many addresses? */
export function holdAtMost(blocks: readonly Cidr[], limit: number): boolean {
  let count = 0;
  for (const { family, prefix } of blocks) {
    count += 2 ** (width(family) - prefix);
    if (count > limit) return false;
  }
  return true;
}
