import { type Cidr, cidrOf, type IpAddress, ipFromBits, width } from "../net/index.ts";
import { differenceOf, holds, type Intervals, intersectionOf, intervals } from "./intervals.ts";

/**
 * Addresses on one line: IPv4 first, IPv6 behind it. The v4-mapped stretch of IPv6 holds no address: those are
 * IPv4 addresses.
 */
export type AddressSet = Intervals;

const V6 = 1n << 32n;
const MAPPED_FIRST = V6 + (0xffffn << 32n);
const MAPPED: Intervals = [[MAPPED_FIRST, MAPPED_FIRST + 0xffff_ffffn]];

/** Every address there is. */
export const ALL_ADDRESSES: AddressSet = differenceOf([[0n, V6 + (1n << 128n) - 1n]], MAPPED);

const place = (ip: IpAddress): bigint => (ip.family === 4 ? ip.bits : V6 + ip.bits);

/** The addresses of blocks; an IPv6 block never holds an IPv4 address. */
export function addressSet(blocks: Iterable<Cidr>): AddressSet {
  const ranges: [bigint, bigint][] = [];
  for (const block of blocks) {
    const first = block.family === 4 ? block.base : V6 + block.base;
    ranges.push([first, first + (1n << BigInt(width(block.family) - block.prefix)) - 1n]);
  }
  return differenceOf(intervals(ranges), MAPPED);
}

/** Is the address in the set? */
export const holdsAddress = (set: AddressSet, ip: IpAddress): boolean => holds(set, place(ip));

/** An address of a set, one that people take for an ordinary one where there is a choice. Always the same. */
export function someAddress(set: AddressSet): IpAddress | undefined {
  for (const usual of USUAL) if (holds(set, usual)) return addressAt(usual);
  const [first, last] = set[0] ?? [];
  if (first === undefined || last === undefined) return undefined;
  return addressAt(first < last ? first + 1n : first); // the first of a block is seldom a host
}

/** 203.0.113.10, 198.51.100.10, 192.0.2.10, 2001:db8::10: kept for documentation. */
const USUAL = [0xcb00710an, 0xc633640an, 0xc000020an, V6 + (0x20010db8n << 96n) + 0x10n];

const addressAt = (n: bigint): IpAddress => (n < V6 ? ipFromBits(4, n) : ipFromBits(6, n - V6));

/** The part of a set that is of one family, as numbers of that family. */
export function familyPart(set: AddressSet, family: 4 | 6): Intervals {
  const part = intersectionOf(set, family === 4 ? [[0n, V6 - 1n]] : [[V6, V6 + (1n << 128n) - 1n]]);
  return family === 4 ? part : part.map(([first, last]) => [first - V6, last - V6] as const);
}

/** The stretch of IPv6 that holds no address, as numbers of that family. */
export const MAPPED_V6: Intervals = [[0xffffn << 32n, (0xffffn << 32n) + 0xffff_ffffn]];

/** The set as the fewest blocks, IPv4 first. */
export function toBlocks(set: AddressSet): readonly Cidr[] {
  const blocks: Cidr[] = [];
  for (const [first, last] of set) {
    if (first < V6) blocks.push(...blocksBetween(4, first, last < V6 ? last : V6 - 1n));
    if (last >= V6) blocks.push(...blocksBetween(6, (first < V6 ? V6 : first) - V6, last - V6));
  }
  return blocks;
}

function blocksBetween(family: 4 | 6, from: bigint, to: bigint): Cidr[] {
  const bits = BigInt(width(family));
  const out: Cidr[] = [];
  for (let at = from; at <= to; ) {
    let size = at === 0n ? bits : trailingZeros(at);
    if (size > bits) size = bits;
    while (at + (1n << size) - 1n > to) size--;
    out.push(cidrOf(family, at, Number(bits - size)));
    at += 1n << size;
  }
  return out;
}

function trailingZeros(n: bigint): bigint {
  let zeros = 0n;
  for (let rest = n; (rest & 1n) === 0n; rest >>= 1n) zeros++;
  return zeros;
}
