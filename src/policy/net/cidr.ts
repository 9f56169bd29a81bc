import { formatIp, type IpAddress, parseIpBits } from "./ip.ts";
import { type Brand, type Parsed, parsed, refused } from "./parsed.ts";

/** A block of addresses. `base` has no bit set below `prefix`; a block of v4-mapped addresses is the IPv4 block. */
export type Cidr = Brand<{ readonly family: 4 | 6; readonly base: bigint; readonly prefix: number }, "Cidr">;

/** Address, slash, decimal length. Host bits are ignored, as the policy's documentation has it. */
export function parseCidr(text: string): Parsed<Cidr, "not-a-block"> {
  const slash = text.indexOf("/");
  const address = parseIpBits(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return refused("not-a-block", "write a block such as 203.0.113.0/24 or 2001:db8::/32");
  if (slash < 0) return refused("not-a-block", `one address is \`type: IP\`, or \`${text}/${width(address.family)}\``);
  const length = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > width(address.family))
    return refused("not-a-block", `the length after the slash is 0 to ${width(address.family)}`);
  return parsed(cidrOf(address.family, address.bits, Number(length)));
}

/** The block of `prefix` leading bits round an address. */
export function cidrOf(family: 4 | 6, bits: bigint, prefix: number): Cidr {
  if (family === 6 && prefix >= 96 && bits >> 32n === 0xffffn) return cidrOf(4, bits & 0xffff_ffffn, prefix - 96);
  const shift = BigInt(width(family) - prefix);
  return { family, base: (bits >> shift) << shift, prefix } as Cidr;
}

/** The block that holds one address only. */
export const hostCidr = (ip: IpAddress): Cidr => cidrOf(ip.family, ip.bits, width(ip.family));

/** 32 or 128. */
export const width = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** Does the address lie in the block? An IPv6 block never holds an IPv4 address, `::/0` included. */
export function contains(block: Cidr, ip: IpAddress): boolean {
  const shift = BigInt(width(block.family) - block.prefix);
  return block.family === ip.family && block.base >> shift === ip.bits >> shift;
}

/** Is every address of `inner` in `outer`? */
export function covers(outer: Cidr, inner: Cidr): boolean {
  const shift = BigInt(width(outer.family) - outer.prefix);
  return outer.family === inner.family && outer.prefix <= inner.prefix && outer.base >> shift === inner.base >> shift;
}

/** `203.0.113.0/24`. */
export const formatCidr = (block: Cidr): string =>
  `${formatIp({ family: block.family, bits: block.base })}/${block.prefix}`;

/** Total order: IPv4 first, then by first address, then the wider block first. */
export function compareCidr(a: Cidr, b: Cidr): number {
  return a.family - b.family || (a.base < b.base ? -1 : a.base > b.base ? 1 : 0) || a.prefix - b.prefix;
}
