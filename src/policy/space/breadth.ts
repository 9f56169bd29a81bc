import type { AddressSet } from "./addresses.ts";
import { columnsOf } from "./columns.ts";
import { type NameSet, nameWeight } from "./names.ts";
import { PORT_COUNT, type Region, type Space, TRAFFIC } from "./space.ts";

/**
 * How much a set lets out, for comparing sets: ports × addresses × names, summed over the kinds of traffic. A set
 * within another is never broader. An IPv6 address counts for so little that all of IPv6 count as much as all of IPv4;
 * names below a point count the more the nearer it is to the root.
 */
export function breadth(space: Space): bigint {
  let sum = 0n;
  for (const traffic of TRAFFIC) {
    const { byPort, rest } = space[traffic];
    sum += BigInt(PORT_COUNT - byPort.size) * regionBreadth(rest);
    for (const region of byPort.values()) sum += regionBreadth(region);
  }
  return sum;
}

const regionBreadth = (region: Region): bigint =>
  columnsOf(region).reduce((sum, { addresses, names }) => sum + addressesWeight(addresses) * namesWeight(names), 0n);

const V6 = 1n << 32n;
const V4_WEIGHT = 1n << 96n;

function addressesWeight(set: AddressSet): bigint {
  let sum = 0n;
  for (const [first, last] of set) {
    if (first < V6) sum += ((last < V6 ? last : V6 - 1n) - first + 1n) * V4_WEIGHT;
    if (last >= V6) sum += last - (first < V6 ? V6 : first) + 1n;
  }
  return sum;
}

const namesWeight = (names: NameSet): bigint =>
  (names.none ? 1n : 0n) + (names.illFormed ? 1n : 0n) + nameWeight(names);
