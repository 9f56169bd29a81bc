import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  domainMatches,
  formatDomainPattern,
  isWellFormedHost,
  normalizeHost,
  parseDomainPattern,
  parsePort,
  portFromNumber,
} from "./index.ts";

const read = (text: string): string => {
  const parsed = parseDomainPattern(text);
  return parsed.ok ? formatDomainPattern(parsed.value) : parsed.reason;
};

describe("domain patterns", () => {
  const label = "a".repeat(63);
  test.each([
    ["*", "*"],
    ["Example.COM", "example.com"],
    ["example.com.", "example.com"],
    ["*.Example.com.", "*.example.com"],
    ["x", "x"],
    ["_srv.a", "_srv.a"],
    ["foo-.bar", "foo-.bar"],
    ["a_b.c", "a_b.c"],
    ["1.2.3", "1.2.3"],
    ["256.1.1.1", "256.1.1.1"],
    [`${label}.example`, `${label}.example`],
    [`${`${label}.`.repeat(3)}${"a".repeat(61)}`, `${`${label}.`.repeat(3)}${"a".repeat(61)}`],
    [`a${label}.example`, "too-long"],
    [`${`${label}.`.repeat(4)}a`, "too-long"],
    ["", "not-a-name"],
    [".", "not-a-name"],
    [".a", "not-a-name"],
    ["a..b", "not-a-name"],
    ["a.b..", "not-a-name"],
    ["-a.b", "not-a-name"],
    ["a:80", "not-a-name"],
    ["https://a.b", "not-a-name"],
    ["a/24", "not-a-name"],
    ["a b", "not-a-name"],
    ["a\nb", "not-a-name"],
    ["*.", "not-a-name"],
    ["*..a", "not-a-name"],
    ["*.a b", "not-a-name"],
    ["*a.example", "partial-wildcard"],
    ["**", "partial-wildcard"],
    ["*.*.a", "partial-wildcard"],
    ["a.*.b", "partial-wildcard"],
    ["a*", "partial-wildcard"],
    ["1.2.3.4", "an-address"],
    ["::1", "an-address"],
    ["*.1.2.3.4", "an-address"],
    ["1.2.3.4.", "an-address"],
    ["é.com", "not-ascii"],
    ["ａ.com", "not-ascii"],
    ["a\u3002b", "not-ascii"],
  ])("%j: %s", (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test("what was read says what it covers", () => {
    expect(["*", "*.A.test", "A.test"].map((p) => parseDomainPattern(p))).toEqual([
      { ok: true, value: { kind: "any" } },
      { ok: true, value: { kind: "suffix", rest: "a.test" } },
      { ok: true, value: { kind: "exact", name: "a.test" } },
    ]);
  });

  test.each([
    ["bücher.example", "write the A-label: `xn--bcher-kva.example`"],
    ["*.bücher.example", "write the A-label: `*.xn--bcher-kva.example`"],
    ["\u202ea.example", "write the name in ASCII"],
    ["ab--\u00e9.example", "write the name in ASCII"],
    ["\u05d0a.example", "write the name in ASCII"],
    ["a\u200db.example", "write the name in ASCII"],
    ["\u00e9..example", "write the name in ASCII"],
    ["*w.example.com", "a wildcard stands for whole labels: `*.w.example.com`"],
    ["**.w.example.com", "a wildcard stands for whole labels: `*.w.example.com`"],
    ["**", "a wildcard stands for whole labels: `*.example.com`"],
    ["a.*.b", "only the first label can be `*`, and it stands alone"],
    ["1.2.3.4", "an address needs `type: IP`"],
    [`${`${label}.`.repeat(3)}${"a".repeat(62)}`, "a name has at most 253 characters"],
    [`a${label}.example`, "a label has at most 63 characters"],
    ["HTTPS://a.b/c", "write the host name alone, without scheme and path"],
    ["a:80", "the port goes into the field `port`"],
    ["a:80b", "write a name such as `example.com`, or `*.example.com` for all names below it"],
    ["a/24", "a block of addresses needs `type: CIDR`; a name has no path"],
    ["a b", "write a name such as `example.com`, or `*.example.com` for all names below it"],
  ])("help for %j", (text, help) => {
    const parsed = parseDomainPattern(text);
    expect(parsed.ok ? undefined : parsed.help).toBe(help);
  });

  test("a wildcard covers any depth below its name, and never the name itself", () => {
    const covers = (pattern: string, name: string) => {
      const parsed = parseDomainPattern(pattern);
      return parsed.ok && domainMatches(parsed.value, name);
    };
    expect(covers("*.example.com", "a.example.com")).toBe(true);
    expect(covers("*.example.com", "a.b.example.com")).toBe(true);
    expect(covers("*.example.com", "example.com")).toBe(false);
    expect(covers("*.example.com", ".example.com")).toBe(true); // not well formed, and not ours to judge
    expect(covers("*.example.com", "aexample.com")).toBe(false);
    expect(covers("example.com", "example.com")).toBe(true);
    expect(covers("example.com", "example.com.")).toBe(false);
    expect(covers("*", "")).toBe(true);
  });

  test("law: what was read is canonical: its text reads as itself", () => {
    const text = fc
      .array(fc.constantFrom("a", "B", "-", "_", ".", "*", "*.", "1", "xn--", "é", " "), { maxLength: 12 })
      .map((p) => p.join(""));
    fc.assert(
      fc.property(text, (s) => {
        const parsed = parseDomainPattern(s);
        if (parsed.ok) expect(parseDomainPattern(formatDomainPattern(parsed.value))).toEqual(parsed);
        else expect(read(s)).toBe(parsed.reason);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("hosts", () => {
  test.each([
    ["Example.com", "example.com", true],
    ["example.com.", "example.com", true],
    ["example.com.:8080", "example.com", true],
    ["203.0.113.7:80", "203.0.113.7", true],
    ["[2001:DB8::1]:80", "[2001:db8::1]", true],
    ["a..b", "a..b", false],
    ["a,b", "a,b", false],
    ["a.b..", "a.b..", false],
    ["user@a", "user@a", false],
    ["a b", "a b", false],
    ["a b:80", "a b:80", false],
    ["a,b.", "a,b.", false],
    ["a:b", "a:b", false],
    ["", "", false],
    ["-", "-", false],
    ["-.", "-", false],
    ["-:80", "-", false],
    [".", ".", false],
    ["a:", "a:", false],
    ["É.example", "É.example", false],
  ])("%j is %j, well formed: %s", (asSent, host, wellFormed) => {
    expect(normalizeHost(asSent)).toBe(host);
    expect(isWellFormedHost(normalizeHost(asSent))).toBe(wellFormed);
  });

  test("law: normalising twice changes nothing for a well-formed host, and makes no bad host a good one", () => {
    const text = fc
      .array(fc.constantFrom("a", "A", "-", ".", ":", "8", "[", "]", ",", "@", " "), { maxLength: 8 })
      .map((p) => p.join(""));
    fc.assert(
      fc.property(text, (s) => {
        const once = normalizeHost(s);
        const good =
          /^(?:([A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+\.?|\[[0-9A-Fa-f:.]+\])(?::\d+)?$/.test(s) &&
          !/^-\.?(?::\d+)?$/.test(s);
        expect(isWellFormedHost(once)).toBe(good);
        if (good) expect(normalizeHost(once)).toBe(once);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("ports", () => {
  test.each(["0", "00", "080", "65536", "8e1", " 80", "80 ", "+80", "-1", "", "1.0", "0x50", "99999999999", "８０"])(
    "%j is none",
    (text) => {
      expect(parsePort(text)).toStrictEqual({ ok: false, reason: "not-a-port" });
    },
  );
  test("the first is 1, the last 65535", () => {
    expect([1, 65_535].map((n) => portFromNumber(n))).toEqual([1, 65_535].map((value) => ({ ok: true, value })));
    for (const n of [0, 65_536, 80.5, Number.NaN])
      expect(portFromNumber(n)).toStrictEqual({ ok: false, reason: "out-of-range" });
  });
  test("law: exactly the plain decimals from 1 to 65535 are ports", () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: -10, max: 70_000 }), fc.double()), (n) => {
        const isPort = Number.isInteger(n) && n >= 1 && n <= 65_535;
        expect(portFromNumber(n).ok).toBe(isPort);
        if (isPort) expect(parsePort(String(n))).toEqual({ ok: true, value: n });
      }),
    );
  });
});
