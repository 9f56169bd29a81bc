import { type Cidr, compareCidr, covers } from "../../policy/net/index.ts";
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
