import type { CidrRange } from "../gen/envoy/config/core/v3/address_pb.js";
import { type IpAddress, parseIpBits, width } from "../policy/net/index.ts";

/** A range as Envoy reads it. */
export interface Prefix {
  readonly family: 4 | 6;
  /** Without the bits below `length`. */
  readonly bits: bigint;
  readonly length: number;
}

/**
 * Envoy ignores host bits, takes a missing length for 0 and one that is too long for the longest. It does not see the
 * IPv4 address in a v4-mapped one. Undefined: no address, which it refuses.
 */
export function prefixOf({
  addressPrefix,
  prefixLen = 0,
}: Pick<CidrRange, "addressPrefix" | "prefixLen">): Prefix | undefined {
  const address = parseIpBits(addressPrefix);
  if (address === undefined) return undefined;
  const { family, bits } = address;
  const length = Math.min(prefixLen, width(family));
  const shift = BigInt(width(family) - length);
  return { family, bits: (bits >> shift) << shift, length };
}

/** Values under ranges of addresses; the longest range that holds an address decides. */
export class PrefixMap<T> {
  /** Ranges of one family and length, longest first. */
  readonly #lengths: { readonly family: 4 | 6; readonly length: number; readonly values: Map<bigint, T> }[] = [];

  /** The value of the range, made by `make` where there is none. */
  entry({ family, bits, length }: Prefix, make: () => T): T {
    let same = this.#lengths.find((one) => one.family === family && one.length === length);
    if (same === undefined) {
      same = { family, length, values: new Map() };
      this.#lengths.push(same);
      this.#lengths.sort((a, b) => b.length - a.length);
    }
    let value = same.values.get(bits);
    if (value === undefined) {
      value = make();
      same.values.set(bits, value);
    }
    return value;
  }

  /** The value of the longest range that holds the address, with that range's length. */
  longest(ip: IpAddress): { readonly value: T; readonly length: number } | undefined {
    for (const { family, length, values } of this.#lengths) {
      if (family !== ip.family) continue;
      const shift = BigInt(width(family) - length);
      const value = values.get((ip.bits >> shift) << shift);
      if (value !== undefined) return { value, length };
    }
    return undefined;
  }
}
