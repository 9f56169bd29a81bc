import { type Cidr, cidrOf, width } from "../net/index.ts";
import { type AddressSet, ALL_ADDRESSES, familyPart, MAPPED_V6, toBlocks } from "./addresses.ts";
import { differenceOf, type Intervals, intersectionOf, unionOf } from "./intervals.ts";

/** All addresses of a block but those of other blocks in it. */
export interface BlockClass {
  readonly block: Cidr;
  readonly except: readonly Cidr[];
}

/** How addresses are told to people; exact. IPv4 first, then by first address. */
export type AddressClass =
  | { readonly kind: "any" }
  | { readonly kind: "any except"; readonly except: readonly Cidr[] }
  | { readonly kind: "blocks"; readonly blocks: readonly BlockClass[] };

/** Sets of more pieces are listed block by block: nobody reads them for their shape. */
const MAX_PIECES = 64;

/** The set in the fewest blocks and exceptions: `10.0.0.0/8 except 10.1.0.0/16` rather than eight blocks. */
export function addressClass(set: AddressSet): AddressClass {
  const others = differenceOf(ALL_ADDRESSES, set);
  if (others.length === 0) return { kind: "any" };
  if (set.length > MAX_PIECES) {
    if (others.length < set.length) return { kind: "any except", except: toBlocks(others) };
    return { kind: "blocks", blocks: toBlocks(set).map((block) => ({ block, except: [] })) };
  }
  const v4 = describe(4, set);
  const v6 = describe(6, set);
  const [all4, all6] = [v4[0], v6[0]];
  const open = v4.length === 1 && v6.length === 1 && all4?.block.prefix === 0 && all6?.block.prefix === 0;
  if (open) return { kind: "any except", except: [...all4.except, ...all6.except] };
  return { kind: "blocks", blocks: [...v4, ...v6] };
}

interface Description {
  /** Blocks that are named because they are in the set. */
  readonly plus: readonly BlockClass[];
  /** Blocks that an enclosing block of the set has to leave out. */
  readonly minus: readonly Cidr[];
}

const NOTHING: Description = { plus: [], minus: [] };
const costOf = ({ plus, minus }: Description): number =>
  plus.reduce((sum, { except }) => sum + 1 + except.length, minus.length);

/** What stands for no address may be counted in or out. */
interface Bounds {
  readonly least: Intervals;
  readonly most: Intervals;
}

function describe(family: 4 | 6, set: AddressSet): readonly BlockClass[] {
  const part = familyPart(set, family);
  const most = family === 6 ? unionOf(part, MAPPED_V6) : part;
  return best(cidrOf(family, 0n, 0), { least: part, most }).outside.plus;
}

/**
 * The shortest description of what the set holds of a block, seen from outside the set and from within; by first
 * address, the widest first.
 */
function best(block: Cidr, bounds: Bounds): { readonly outside: Description; readonly inside: Description } {
  const { family, base, prefix } = block;
  const last = base + (1n << BigInt(width(family) - prefix)) - 1n;
  const least = intersectionOf(bounds.least, [[base, last]]);
  const most = intersectionOf(bounds.most, [[base, last]]);
  const full = most[0]?.[0] === base && most[0][1] === last;
  if (least.length === 0) return { outside: NOTHING, inside: full ? NOTHING : { plus: [], minus: [block] } };
  if (full) return { outside: { plus: [{ block, except: [] }], minus: [] }, inside: NOTHING };
  const half = (bits: bigint): Cidr => ({ ...block, base: bits, prefix: prefix + 1 });
  const left = best(half(base), { least, most });
  const right = best(half(base + (1n << BigInt(width(family) - prefix - 1))), { least, most });
  const outside = both(left.outside, right.outside);
  const inside = both(left.inside, right.inside);
  const named: Description = { plus: [{ block, except: inside.minus }, ...inside.plus], minus: [] };
  const leftOut: Description = { plus: outside.plus, minus: [block] };
  return { outside: shorter(outside, named), inside: shorter(inside, leftOut) };
}

const both = (a: Description, b: Description): Description => ({
  plus: [...a.plus, ...b.plus],
  minus: [...a.minus, ...b.minus],
});

const shorter = (a: Description, b: Description): Description => (costOf(b) < costOf(a) ? b : a);

/** How many blocks it takes to tell the addresses. */
export function blocksOf(addresses: AddressSet): number {
  if (addresses.length > MAX_PIECES) return addresses.length;
  const found = addressClass(addresses);
  if (found.kind === "any") return 0;
  return found.kind === "blocks"
    ? found.blocks.reduce((sum, { except }) => sum + 1 + except.length, 0)
    : found.except.length;
}
