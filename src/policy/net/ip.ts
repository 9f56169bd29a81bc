import { type Brand, type Parsed, parsed, refused } from "./parsed.ts";

/**
 * One address. `bits` holds 32 or 128 bits. A v4-mapped IPv6 address is the IPv4 address it carries, so
 * equal addresses are equal values whichever way they were written.
 */
export type IpAddress = Brand<{ readonly family: 4 | 6; readonly bits: bigint }, "IpAddress">;

/** Make an address from its bits; v4-mapped IPv6 becomes IPv4. Bits above the width are an impossible case. */
export function ipFromBits(family: 4 | 6, bits: bigint): IpAddress {
  if (family === 6 && bits >> 32n === 0xffffn) return { family: 4, bits: bits & 0xffff_ffffn } as IpAddress;
  return { family, bits } as IpAddress;
}

/**
 * Dotted quad without leading zeros, or IPv6 as RFC 4291 writes it (any case, embedded IPv4 at the end).
 * Zones, brackets, ports and white space are refused.
 */
export function parseIp(text: string): Parsed<IpAddress, "not-an-address"> {
  const bits4 = ipv4Bits(text);
  if (bits4 !== undefined) return parsed(ipFromBits(4, bits4));
  const bits6 = ipv6Bits(text);
  if (bits6 !== undefined) return parsed(ipFromBits(6, bits6));
  return refused("not-an-address", helpForAddress(text));
}

/** As {@link parseIp}, but a v4-mapped address stays IPv6: blocks need the width that was written. */
export function parseIpBits(text: string): { readonly family: 4 | 6; readonly bits: bigint } | undefined {
  const bits4 = ipv4Bits(text);
  if (bits4 !== undefined) return { family: 4, bits: bits4 };
  const bits6 = ipv6Bits(text);
  return bits6 === undefined ? undefined : { family: 6, bits: bits6 };
}

function ipv4Bits(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let bits = 0;
  for (const part of parts) {
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bits = bits * 256 + Number(part);
  }
  return BigInt(bits);
}

function ipv6Bits(text: string): bigint | undefined {
  if (!text.includes(":")) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves;
  const left = groups(head ?? "", tail === undefined);
  const right = tail === undefined ? [] : groups(tail, true);
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...left, ...Array.from({ length: missing }, () => 0), ...right];
  return all.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

/** Up to eight 16-bit groups; a dotted quad may stand for the last two where the text ends. */
function groups(text: string, endsAddress: boolean): number[] | undefined {
  if (text === "") return [];
  const out: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      out.push(Number.parseInt(part, 16));
      continue;
    }
    const quad = endsAddress && i === parts.length - 1 ? ipv4Bits(part) : undefined;
    if (quad === undefined) return undefined;
    out.push(Number(quad >> 16n), Number(quad & 0xffffn));
  }
  return out;
}

function helpForAddress(text: string): string {
  if (/^\[.*\]$/.test(text)) return "write the address without brackets";
  if (text.includes("%")) return "an address with a zone is local to one host; leave the zone out";
  if (text.includes("/")) return "a block of addresses needs `type: CIDR`";
  if (/^\d+(?:\.\d+){3}$/.test(text) && text.split(".").some((p) => /^0\d/.test(p)))
    return "write each part without leading zeros: some systems read them as octal";
  if (/[A-Za-z]/.test(text) && !text.includes(":")) return "a name needs `type: Domain`";
  return "write an IPv4 address such as 203.0.113.7 or an IPv6 address such as 2001:db8::7";
}

/** Canonical text: dotted quad, or IPv6 as RFC 5952 writes it. */
export function formatIp(ip: { readonly family: 4 | 6; readonly bits: bigint }): string {
  if (ip.family === 4) {
    const n = Number(ip.bits);
    return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
  }
  const parts = Array.from({ length: 8 }, (_, i) => Number((ip.bits >> BigInt(112 - 16 * i)) & 0xffffn));
  const run = longestZeroRun(parts);
  const hex = parts.map((p) => p.toString(16));
  if (run === undefined) return hex.join(":");
  return `${hex.slice(0, run.start).join(":")}::${hex.slice(run.start + run.length).join(":")}`;
}

function longestZeroRun(parts: readonly number[]): { start: number; length: number } | undefined {
  let best: { start: number; length: number } | undefined;
  let start = -1;
  for (let i = 0; i <= parts.length; i++) {
    if (parts[i] === 0) {
      if (start < 0) start = i;
    } else if (start >= 0) {
      const length = i - start;
      if (length > 1 && length > (best?.length ?? 0)) best = { start, length };
      start = -1;
    }
  }
  return best;
}

/** Total order: IPv4 before IPv6, then by value. */
export function compareIp(a: IpAddress, b: IpAddress): number {
  return a.family - b.family || (a.bits < b.bits ? -1 : a.bits > b.bits ? 1 : 0);
}
