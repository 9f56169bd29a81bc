import { describe, expect, test } from "vitest";
import { ip, must } from "../../../test/laws/builders.ts";
import { type Cidr, formatCidr, formatIp, parseCidr } from "../net/index.ts";
import { addressClass } from "./address-blocks.ts";
import {
  type AddressSet,
  ALL_ADDRESSES,
  addressSet,
  familyPart,
  holdsAddress,
  someAddress,
  toBlocks,
} from "./addresses.ts";
import { differenceOf } from "./intervals.ts";

const block = (text: string): Cidr => must(parseCidr(text));
const set = (...blocks: string[]): AddressSet => addressSet(blocks.map(block));
const without = (all: AddressSet, ...blocks: string[]): AddressSet => differenceOf(all, set(...blocks));

test.each<[string[], string, boolean]>([
  [["10.0.0.0/8"], "10.255.255.255", true],
  [["10.0.0.0/8"], "11.0.0.0", false],
  [["10.0.0.0/8"], "9.255.255.255", false],
  [["2001:db8::/32"], "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", true],
  [["2001:db8::/32"], "2001:db9::", false],
  [["::/0"], "::1", true],
  [["::/0"], "10.0.0.1", false],
  [["0.0.0.0/0"], "::1", false],
  [["0.0.0.0/0"], "255.255.255.255", true],
  [["0.0.0.0/0"], "::", false],
])("%j holds %s: %s", (blocks, address, isHeld) => {
  expect(holdsAddress(set(...blocks), ip(address))).toBe(isHeld);
});

test("all addresses are those of both families, and the v4-mapped stretch is none", () => {
  expect(set("0.0.0.0/0", "::/0")).toEqual(ALL_ADDRESSES);
  expect(ALL_ADDRESSES).toEqual([
    [0n, (1n << 32n) + (0xffffn << 32n) - 1n],
    [(1n << 32n) + (0x1_0000n << 32n), (1n << 32n) + (1n << 128n) - 1n],
  ]);
});

test.each<[AddressSet, string | undefined]>([
  [[], undefined],
  [ALL_ADDRESSES, "203.0.113.10"],
  [set("203.0.113.0/24"), "203.0.113.10"],
  [without(ALL_ADDRESSES, "203.0.113.10/32"), "198.51.100.10"],
  [without(ALL_ADDRESSES, "203.0.113.10/32", "198.51.100.10/32"), "192.0.2.10"],
  [set("::/0"), "2001:db8::10"],
  [set("10.0.0.0/8"), "10.0.0.1"],
  [set("10.0.0.7/32"), "10.0.0.7"],
  [set("fd00::/8", "fc00::1/128"), "fc00::1"],
  [set("::/128"), "::"],
  [set("255.255.255.255/32"), "255.255.255.255"],
])("%# an address of a set", (addresses, found) => {
  const one = someAddress(addresses);
  expect(one === undefined ? undefined : formatIp(one)).toBe(found);
});

test("the part of one family, as its numbers", () => {
  const some = set("0.0.0.1/32", "255.255.255.255/32", "::/128", "::2/128");
  expect(familyPart(some, 4)).toEqual([
    [1n, 1n],
    [0xffff_ffffn, 0xffff_ffffn],
  ]);
  expect(familyPart(some, 6)).toEqual([
    [0n, 0n],
    [2n, 2n],
  ]);
});

test.each<[string[], string[]]>([
  [["10.0.0.0/9", "10.128.0.0/9"], ["10.0.0.0/8"]],
  [
    ["10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32"],
    ["10.0.0.1/32", "10.0.0.2/31"],
  ],
  [["0.0.0.0/0"], ["0.0.0.0/0"]],
  [["2001:db8::/32"], ["2001:db8::/32"]],
  [["2001:db8::1/128"], ["2001:db8::1/128"]],
  [
    ["255.255.255.255/32", "::/128"],
    ["255.255.255.255/32", "::/128"],
  ],
  [
    ["128.0.0.0/1", "::/1"],
    [
      "128.0.0.0/1",
      "::/81",
      "::8000:0:0/82",
      "::c000:0:0/83",
      "::e000:0:0/84",
      "::f000:0:0/85",
      "::f800:0:0/86",
      "::fc00:0:0/87",
      "::fe00:0:0/88",
      "::ff00:0:0/89",
      "::ff80:0:0/90",
      "::ffc0:0:0/91",
      "::ffe0:0:0/92",
      "::fff0:0:0/93",
      "::fff8:0:0/94",
      "::fffc:0:0/95",
      "::fffe:0:0/96",
    ],
  ],
])("%j as the fewest blocks", (blocks, fewest) => {
  expect(
    toBlocks(set(...blocks))
      .map(formatCidr)
      .slice(0, fewest.length),
  ).toEqual(fewest);
  expect(addressSet(toBlocks(set(...blocks)))).toEqual(set(...blocks));
});

describe("for people", () => {
  /** `block` or `block except block block`; `any` before what is left out of everything. */
  const told = (addresses: AddressSet): string[] => {
    const found = addressClass(addresses);
    if (found.kind === "any") return ["any"];
    if (found.kind === "any except") return ["any", ...found.except.map(formatCidr)];
    return found.blocks.map(({ block, except }) => [block, ...except].map(formatCidr).join(" except "));
  };
  test.each<[AddressSet, string[]]>([
    [ALL_ADDRESSES, ["any"]],
    [[], []],
    [set("10.0.0.0/8"), ["10.0.0.0/8"]],
    [without(set("10.0.0.0/8"), "10.1.0.0/16"), ["10.0.0.0/8 except 10.1.0.0/16"]],
    [without(set("10.0.0.0/8"), "10.0.0.0/9"), ["10.128.0.0/9"]],
    // With an exception only where that is shorter.
    [without(set("10.0.0.0/8"), "10.0.0.0/10"), ["10.64.0.0/10", "10.128.0.0/9"]],
    [without(set("10.0.0.0/8"), "10.0.0.0/11"), ["10.0.0.0/8 except 10.0.0.0/11"]],
    [without(ALL_ADDRESSES, "10.0.0.0/8"), ["any", "10.0.0.0/8"]],
    [without(ALL_ADDRESSES, "10.0.0.0/8", "2001:db8::/32"), ["any", "10.0.0.0/8", "2001:db8::/32"]],
    [set("0.0.0.0/0"), ["0.0.0.0/0"]],
    [set("::/0"), ["::/0"]],
    [without(set("::/0"), "2001:db8::/32"), ["::/0 except 2001:db8::/32"]],
    [set("::/0", "10.0.0.0/8"), ["10.0.0.0/8", "::/0"]],
    [set("2001:db8::/32", "11.0.0.0/8", "9.0.0.0/8"), ["9.0.0.0/8", "11.0.0.0/8", "2001:db8::/32"]],
    // What lies in an exception again is named beside it.
    [
      without(set("10.0.0.0/8"), "10.1.0.0/17", "10.1.128.0/18", "10.1.192.0/19", "10.1.240.0/20"),
      ["10.0.0.0/8 except 10.1.0.0/16", "10.1.224.0/20"],
    ],
    [
      without(ALL_ADDRESSES, "10.1.0.0/17", "10.1.128.0/18", "10.1.192.0/19", "10.1.240.0/20"),
      ["0.0.0.0/0 except 10.1.0.0/16", "10.1.224.0/20", "::/0"],
    ],
    [
      without(ALL_ADDRESSES, "2001:db8::/33", "2001:db8:8000::/34", "2001:db8:c000::/35", "2001:db8:f000::/36"),
      ["0.0.0.0/0", "::/0 except 2001:db8::/32", "2001:db8:e000::/36"],
    ],
    [set("0.0.0.0/0", "2001:db8::/32"), ["0.0.0.0/0", "2001:db8::/32"]],
  ])("%#", (addresses, text) => {
    expect(told(addresses)).toEqual(text);
  });

  test("many pieces are listed, from within or from without, whichever is less", () => {
    const odd = (n: number): string[] => Array.from({ length: n }, (_, i) => `10.0.${i >> 6}.${(i & 63) * 4}/32`);
    expect(told(set(...odd(65)))).toEqual(odd(65));
    expect(told(without(ALL_ADDRESSES, ...odd(70)))).toEqual(["any", ...odd(70)]);
    expect(told(set(...odd(64)))).toEqual(odd(64));
    expect(addressClass(set(...odd(65))).kind).toBe("blocks");
    const both = ["0.0.0.0/32", ...odd(65), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"];
    expect(told(set(...both))).toEqual(both);
  });

  test("no more than so many pieces are looked at for exceptions", () => {
    const singles = (n: number): string[] => Array.from({ length: n }, (_, i) => `10.0.${i}.0/32`);
    expect(told(without(set("10.0.0.0/8"), ...singles(64)))).toEqual([["10.0.0.0/8", ...singles(64)].join(" except ")]);
    const listed = told(without(set("10.0.0.0/8"), ...singles(65)));
    expect(listed.slice(0, 2)).toEqual(["10.0.0.1/32", "10.0.0.2/31"]);
    expect(listed.filter((one) => one.includes("except"))).toEqual([]);
  });
});
