import type { Match } from "../model/index.ts";
import { cidrOf, hostCidr } from "../net/index.ts";
import { type AddressSet, addressSet, differenceOf } from "../space/index.ts";

/**
 * Addresses that no router of the internet leads to (IANA's special-purpose registries, RFC 6890), but for those kept
 * for documentation: in examples they stand for public ones.
 */
const NOT_PUBLIC: AddressSet = addressSet([
  cidrOf(4, 0x0000_0000n, 8),
  cidrOf(4, 0x0a00_0000n, 8),
  cidrOf(4, 0x6440_0000n, 10),
  cidrOf(4, 0x7f00_0000n, 8),
  cidrOf(4, 0xa9fe_0000n, 16),
  cidrOf(4, 0xac10_0000n, 12),
  cidrOf(4, 0xc0a8_0000n, 16),
  cidrOf(4, 0xc612_0000n, 15),
  cidrOf(4, 0xe000_0000n, 3), // multicast, reserved, broadcast
  cidrOf(6, 0n, 127), // :: and ::1
  cidrOf(6, 0xfc00n << 112n, 7),
  cidrOf(6, 0xfe80n << 112n, 10),
  cidrOf(6, 0xff00n << 112n, 8),
]);

/** Can any of the addresses of a rule be on the internet? */
export function hasPublicAddress(match: Exclude<Match, { type: "Domain" }>): boolean {
  const block = match.type === "IP" ? hostCidr(match.ip) : match.block;
  return differenceOf(addressSet([block]), NOT_PUBLIC).length > 0;
}
