import fc from "fast-check";
import { expect, test } from "vitest";
import { must } from "../../../test/laws/builders.ts";
import { type Cidr, cidrOf, compareCidr, formatCidr, parseCidr } from "../../policy/net/index.ts";
import { holdAtMost, joinHalves, mergeBlocks } from "./blocks.ts";

const cidr = (text: string): Cidr => must(parseCidr(text));

/** Blocks of a space so small that its addresses can be listed. */
const smallBlock = fc
  .tuple(fc.nat(31), fc.integer({ min: 27, max: 32 }))
  .map(([address, prefix]) => cidrOf(4, BigInt(0x0a000000 + address), prefix));

function addresses(blocks: readonly Cidr[]): Set<bigint> {
  const all = new Set<bigint>();
  for (const { base, prefix } of blocks) for (let i = 0n; i < 1n << BigInt(32 - prefix); i++) all.add(base + i);
  return all;
}

test("law: joining halves keeps the addresses, in as few blocks as possible", () => {
  fc.assert(
    fc.property(fc.array(smallBlock, { maxLength: 40 }), (blocks) => {
      const joined = joinHalves(mergeBlocks(blocks));
      expect(addresses(joined)).toEqual(addresses([...blocks].sort(compareCidr)));
      expect([...joined].sort(compareCidr)).toEqual(joined);
      for (const [i, { base, prefix }] of joined.entries())
        expect(joined.slice(i + 1)).not.toContainEqual(cidrOf(4, base ^ (1n << BigInt(32 - prefix)), prefix));
    }),
  );
});

test("halves of one block become it, neighbours of two do not, and families never meet", () => {
  const joined = (...texts: string[]) => joinHalves(mergeBlocks(texts.map(cidr))).map(formatCidr);
  expect(joined("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24")).toEqual(["10.0.0.0/23", "10.0.2.0/24"]);
  expect(joined("10.0.1.0/24", "10.0.2.0/24")).toEqual(["10.0.1.0/24", "10.0.2.0/24"]);
  expect(joined("128.0.0.0/1", "::/1")).toEqual(["128.0.0.0/1", "::/1"]);
  expect(joined("0.0.0.0/1", "128.0.0.0/1")).toEqual(["0.0.0.0/0"]);
  expect(joined("2001:db8::/128", "2001:db8::1/128")).toEqual(["2001:db8::/127"]);
});

test("blocks are counted by their addresses", () => {
  const few = [cidr("10.0.0.0/24"), cidr("10.0.2.0/24")];
  expect([holdAtMost(few, 512), holdAtMost(few, 511)]).toEqual([true, false]);
  expect(holdAtMost([cidr("::/0")], 512)).toBe(false);
});
