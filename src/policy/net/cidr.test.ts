import { BlockList, isIPv4 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cidrOf, compareCidr, contains, formatCidr, formatIp, hostCidr, parseCidr, parseIp, width } from "./index.ts";

const text = (block: string): string => {
  const parsed = parseCidr(block);
  return parsed.ok ? formatCidr(parsed.value) : (parsed.help ?? "");
};

describe("blocks", () => {
  test.each([
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["1.2.3.4/32", "1.2.3.4/32"],
    ["1.2.3.4/08", "1.0.0.0/8"],
    ["2001:DB8::1/32", "2001:db8::/32"],
    ["::/0", "::/0"],
    ["::ffff:10.1.2.3/104", "10.0.0.0/8"],
    ["::ffff:10.1.2.3/128", "10.1.2.3/32"],
    ["::ffff:0:0/96", "0.0.0.0/0"],
    ["::ffff:0:0/95", "::fffe:0:0/95"],
    ["1.2.3.4", "one address is `type: IP`, or `1.2.3.4/32`"],
    ["::1", "one address is `type: IP`, or `::1/128`"],
    ["1.2.3.4/33", "the length after the slash is 0 to 32"],
    ["::/129", "the length after the slash is 0 to 128"],
    ["1.2.3.4/", "the length after the slash is 0 to 32"],
    ["1.2.3.4/+8", "the length after the slash is 0 to 32"],
    ["1.2.3.4/8/8", "the length after the slash is 0 to 32"],
    ["1.2.3.4/ 8", "the length after the slash is 0 to 32"],
    ["fe80::1%1/64", "write a block such as 203.0.113.0/24 or 2001:db8::/32"],
    ["example.com/24", "write a block such as 203.0.113.0/24 or 2001:db8::/32"],
    ["", "write a block such as 203.0.113.0/24 or 2001:db8::/32"],
    ["/8", "write a block such as 203.0.113.0/24 or 2001:db8::/32"],
  ])("%s: %s", (block, expected) => {
    expect(text(block)).toBe(expected);
    const parsed = parseCidr(block);
    if (!parsed.ok) expect(parsed.reason).toBe("not-a-block");
  });
});

const ip = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("10.0.0.1", "10.0.0.2", "2001:db8::1", "::ffff:10.0.0.1"));

test("law: an address lies in a block exactly if Node's block list says so", () => {
  fc.assert(
    fc.property(ip, ip, fc.nat(128), (base, address, n) => {
      const [b, a] = [parseIp(base), parseIp(address)];
      if (!b.ok || !a.ok) throw new Error("the generator makes addresses");
      const prefix = n % (width(b.value.family) + 1);
      const list = new BlockList();
      const family = (s: string) => (isIPv4(s) ? "ipv4" : "ipv6");
      list.addSubnet(formatIp(b.value), prefix, family(formatIp(b.value)));
      fc.pre(a.value.family === b.value.family); // Node lets an IPv6 block hold mapped IPv4 addresses; here they are IPv4
      const block = cidrOf(b.value.family, b.value.bits, prefix);
      expect(contains(block, a.value)).toBe(list.check(formatIp(a.value), family(formatIp(a.value))));
    }),
    { numRuns: 5000 },
  );
});

test("an IPv6 block never holds an IPv4 address", () => {
  const [all6, v4] = [parseCidr("::/0"), parseIp("1.2.3.4")];
  expect(all6.ok && v4.ok && contains(all6.value, v4.value)).toBe(false);
});

test("the order puts IPv4 first, then the first address, then the wider block", () => {
  const ascending = ["9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/24", "::/0", "2001:db8::/32"].flatMap((b) => {
    const parsed = parseCidr(b);
    return parsed.ok ? [parsed.value] : [];
  });
  for (const [i, a] of ascending.entries())
    for (const [j, b] of ascending.entries()) expect(Math.sign(compareCidr(a, b))).toBe(Math.sign(i - j));
});

test("the block of one address holds it alone", () => {
  const [a, b] = [parseIp("10.0.0.1"), parseIp("10.0.0.0")];
  if (!a.ok || !b.ok) throw new Error("addresses");
  expect(formatCidr(hostCidr(a.value))).toBe("10.0.0.1/32");
  expect(contains(hostCidr(a.value), a.value)).toBe(true);
  expect(contains(hostCidr(a.value), b.value)).toBe(false);
});
