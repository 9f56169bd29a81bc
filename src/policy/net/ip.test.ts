import { isIP, isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareIp, formatIp, ipFromBits, parseIp, parseIpBits } from "./index.ts";

const text = (ip: string): string | undefined => {
  const parsed = parseIp(ip);
  return parsed.ok ? formatIp(parsed.value) : undefined;
};

describe("refused, each with what to write", () => {
  test.each([
    ["", "write an IPv4 address"],
    ["010.0.0.1", "leading zeros"],
    ["1.2.3.04", "leading zeros"],
    ["010.0.0.1.5", "write an IPv4"],
    ["a.010.0.0.1", "Domain"],
    ["1.2.3.400", "write an IPv4"],
    ["1.2.3", "write an IPv4"],
    ["1.2.3.4.5", "write an IPv4"],
    ["256.1.1.1", "write an IPv4"],
    ["1.2.3.4 ", "write an IPv4"],
    ["1.2.3.4/32", "CIDR"],
    ["[::1]", "without brackets"],
    ["[::1]:80", "write an IPv4"],
    ["::[1]", "write an IPv4"],
    ["fe80::1%eth0", "zone"],
    ["::1::", "write an IPv4"],
    [":1", "write an IPv4"],
    ["1:2:3:4:5:6:7", "write an IPv4"],
    ["1:2:3:4:5:6:7:8:9", "write an IPv4"],
    ["1:2:3:4:5:6:7::8:9", "write an IPv4"],
    ["12345::", "write an IPv4"],
    ["::1.2.3.256", "write an IPv4"],
    ["1.2.3.4::", "write an IPv4"],
    ["0x7f.1", "Domain"],
    ["example.com", "Domain"],
    ["1.2.3.4:80", "write an IPv4"],
    ["１.2.3.4", "write an IPv4"],
  ])("%j", (ip, help) => {
    const parsed = parseIp(ip);
    expect(parsed.ok ? formatIp(parsed.value) : parsed.help).toContain(help);
    expect(parsed).toMatchObject({ reason: "not-an-address" });
  });
});

describe("canonical text", () => {
  test.each([
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["1:0:0:2:3:0:0:4", "1::2:3:0:0:4"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["0:0:0:0:0:FFFF:102:304", "1.2.3.4"],
    ["::1.2.3.4", "::102:304"],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
  ])("%s is %s", (ip, expected) => {
    expect(text(ip)).toBe(expected);
  });
});

test("a v4-mapped address keeps its width for blocks only", () => {
  expect(parseIpBits("::ffff:1.2.3.4")?.family).toBe(6);
  expect(ipFromBits(6, 0xffff_0102_0304n)).toEqual({ family: 4, bits: 0x0102_0304n });
});

const nearly = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4Extended(),
  fc.array(fc.constantFrom(..."0123456789abcdefABCDEF:.%[]/ g"), { maxLength: 20 }).map((c) => c.join("")),
  fc
    .array(fc.constantFrom("0", "1", "00", "ffff", "10000", ":", "::", ".", "1.2.3.4", "255", "256", "01"), {
      maxLength: 12,
    })
    .map((c) => c.join("")),
  fc.string(),
);

test("law: exactly those texts are addresses that Node takes for one, zones left out", () => {
  fc.assert(
    fc.property(nearly, (s) => {
      const parsed = parseIpBits(s);
      const expected = s.includes("%") ? 0 : isIP(s);
      expect(parsed?.family ?? 0).toBe(expected);
      expect(parseIp(s).ok).toBe(expected !== 0);
    }),
    { numRuns: 20_000 },
  );
});

test("the order puts IPv4 first, then goes by value", () => {
  const ascending = ["0.0.0.1", "9.255.0.0", "10.0.0.0", "::", "::1", "::1:0:0:0", "2001:db8::"].flatMap((s) => {
    const parsed = parseIp(s);
    return parsed.ok ? [parsed.value] : [];
  });
  expect(ascending).toHaveLength(7);
  for (const [i, a] of ascending.entries())
    for (const [j, b] of ascending.entries()) expect(Math.sign(compareIp(a, b))).toBe(Math.sign(i - j));
});

test("law: the canonical text is an address of the same family to Node too, and equal only for equal addresses", () => {
  const ip = fc.oneof(fc.ipV4(), fc.ipV6()).map((s) => parseIp(s));
  fc.assert(
    fc.property(ip, ip, (a, b) => {
      if (!a.ok || !b.ok) throw new Error("the generator makes addresses");
      const same = formatIp(a.value) === formatIp(b.value);
      expect(a.value.family === 4 ? isIPv4(formatIp(a.value)) : isIPv6(formatIp(a.value))).toBe(true);
      expect(compareIp(a.value, b.value) === 0).toBe(same);
      expect(compareIp(a.value, b.value) < 0).toBe(compareIp(b.value, a.value) > 0);
    }),
    { numRuns: 2000 },
  );
});

test("law: canonical IPv6 text is what the URL standard makes of the address", () => {
  fc.assert(
    fc.property(fc.ipV6(), (s) => {
      const parsed = parseIp(s);
      fc.pre(parsed.ok && parsed.value.family === 6);
      if (parsed.ok) expect(`[${formatIp(parsed.value)}]`).toBe(new URL(`http://[${s}]/`).hostname);
    }),
    { numRuns: 2000 },
  );
});
