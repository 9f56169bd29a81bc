import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  cidrOf,
  contains,
  covers,
  formatCidr,
  formatIp,
  hostCidr,
  ipFromBits,
  parseCidr,
  parseIp,
  width,
} from "../../src/policy/net/index.ts";
import { must } from "./builders.ts";

const RUNS = { numRuns: 3000 };

/** Bits that differ mostly in a few places, so that blocks and addresses meet. */
const bits = (family: 4 | 6): fc.Arbitrary<bigint> => {
  const top = (1n << BigInt(width(family))) - 1n;
  return fc.oneof(
    fc.bigInt(0n, top),
    fc
      .tuple(fc.constantFrom(0n, top, 0xffffn << 32n, 0xffff_0a00_0000n), fc.nat(width(family) - 1))
      .map(([n, bit]) => (n ^ (1n << BigInt(bit))) & top),
  );
};
/** IPv6 with runs of zero groups. */
const groups = fc.array(fc.constantFrom(0n, 0n, 1n, 0xffffn, 0xabn), { minLength: 8, maxLength: 8 }).map((eight) =>
  ipFromBits(
    6,
    eight.reduce<bigint>((bits, group) => (bits << 16n) | group, 0n),
  ),
);
const family = fc.constantFrom(4 as const, 6 as const);
const ipAddress = family.chain((f) => bits(f).map((n) => ipFromBits(f, n)));
const cidr = family.chain((f) => fc.tuple(bits(f), fc.nat(width(f))).map(([n, prefix]) => cidrOf(f, n, prefix)));
/** A block and an address in it or near it. */
const blockAndIp = cidr.chain((block) =>
  fc.tuple(
    fc.constant(block),
    fc.oneof(
      ipAddress,
      bits(block.family).map((n) => ipFromBits(block.family, (n >> BigInt(block.prefix)) | block.base)),
      fc.nat(width(block.family) - 1).map((bit) => ipFromBits(block.family, block.base ^ (1n << BigInt(bit)))),
    ),
  ),
);

test("law: an address lies in a block exactly if it is between the block's first and last", () => {
  fc.assert(
    fc.property(blockAndIp, ([block, ip]) => {
      const last = block.base + (1n << BigInt(width(block.family) - block.prefix)) - 1n;
      expect(contains(block, ip)).toBe(ip.family === block.family && ip.bits >= block.base && ip.bits <= last);
    }),
    RUNS,
  );
});

test("law: covering is a partial order, and says that every address of one is in the other", () => {
  fc.assert(
    fc.property(blockAndIp, cidr, cidr, ([a, ip], b, c) => {
      const around = cidrOf(a.family, a.base, Math.floor(a.prefix / 2));
      for (const outer of [around, b]) {
        if (covers(outer, a) && contains(a, ip)) expect(contains(outer, ip)).toBe(true);
        if (covers(outer, a) && covers(a, outer)) expect(outer).toEqual(a);
        if (covers(c, outer) && covers(outer, a)) expect(covers(c, a)).toBe(true);
      }
      expect(covers(a, a)).toBe(true);
      expect(covers(around, a) || around.family !== a.family).toBe(true);
      expect(contains(a, ip)).toBe(covers(a, hostCidr(ip)));
    }),
    RUNS,
  );
});

test("law: reading a printed address or block gives it back, and a v4-mapped one is IPv4", () => {
  fc.assert(
    fc.property(ipAddress, cidr, (ip, block) => {
      expect(must(parseIp(formatIp(ip)))).toEqual(ip);
      expect(must(parseCidr(formatCidr(block)))).toEqual(block);
      if (ip.family === 4) expect(must(parseIp(`::ffff:${formatIp(ip)}`))).toEqual(ip);
    }),
    RUNS,
  );
});

test("law: host bits of a block mean nothing", () => {
  fc.assert(
    fc.property(blockAndIp, ([block, ip]) => {
      fc.pre(contains(block, ip));
      expect(must(parseCidr(`${formatIp(ip)}/${block.prefix}`))).toEqual(block);
    }),
    RUNS,
  );
});

test("law: an address prints as URLs print it: one address, one text", () => {
  fc.assert(
    fc.property(fc.oneof(ipAddress, groups), (ip) => {
      const text = formatIp(ip);
      expect(new URL(ip.family === 4 ? `http://${text}/` : `http://[${text}]/`).hostname.replace(/[[\]]/g, "")).toBe(
        text,
      );
    }),
    RUNS,
  );
});

test("law: a text is an address exactly if Node takes it for one; zones apart", () => {
  const piece = fc.constantFrom(
    "0",
    "1",
    "01",
    "255",
    "256",
    "ffff",
    "FF",
    "12345",
    ".",
    ".",
    ":",
    ":",
    "::",
    "10.0.0.1",
    "g",
    "/",
    " ",
  );
  const nearlyV4 = fc
    .array(fc.constantFrom("0", "7", "255", "256", "01", ""), { minLength: 3, maxLength: 5 })
    .map((p) => p.join("."));
  const nearlyV6 = fc
    .array(fc.constantFrom("0", "abcd", "00001", "", "1.2.3.4"), { minLength: 6, maxLength: 9 })
    .map((p) => p.join(":"));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 9 }).map((p) => p.join("")),
        nearlyV4,
        nearlyV6,
      ),
      (text) => {
        expect(parseIp(text).ok).toBe(isIP(text) !== 0);
      },
    ),
    { numRuns: 10_000 },
  );
});
