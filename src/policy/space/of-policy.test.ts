import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { connection, effective, ip, matched, port, rule } from "../../../test/laws/builders.ts";
import { decide } from "../decide/index.ts";
import type { EffectivePolicy } from "../model/index.ts";
import { formatConnection } from "../model/index.ts";
import {
  ALL_ADDRESSES,
  addressSet,
  boxSpace,
  breadth,
  connectionSpace,
  difference,
  EMPTY,
  EVERYTHING,
  equal,
  freePort,
  holdsConnection,
  intersection,
  isEmpty,
  isNothing,
  NAMELESS,
  type NameSet,
  NO_NAMES,
  nameSet,
  oneName,
  PORT_COUNT,
  policyDifference,
  policySpace,
  rulesMayMeet,
  rulesSpace,
  union,
  witness,
} from "./index.ts";

const space = (...rules: string[]) => policySpace(matched(...rules));
const text = (...rules: string[]): string | undefined => {
  const found = witness(space(...rules));
  return found === undefined ? undefined : formatConnection(found);
};

describe("policies", () => {
  test("modes", () => {
    const unenforced: EffectivePolicy = { ...effective("None", []), enforced: { not: "builtin gateway" } };
    expect(policySpace(effective("All", []))).toBe(EVERYTHING);
    expect(policySpace(unenforced)).toBe(EVERYTHING);
    expect(policySpace(effective("None", [rule("CIDR 0.0.0.0/0 tcp")]))).toBe(EMPTY);
    expect(isEmpty(policySpace(effective("Matched", [])))).toBe(true);
  });

  test.each<[rule: string, admitted: string[]]>([
    ["IP 10.0.0.1 tcp 80", ["tls", "http", "h2c", "grpc", "opaque"]],
    ["IP 10.0.0.1 tls 80", ["tls"]],
    ["IP 10.0.0.1 http 80", ["http", "h2c", "grpc"]],
    ["IP 10.0.0.1 http2 80", ["h2c", "grpc"]],
    ["IP 10.0.0.1 grpc 80", ["grpc"]],
    ["Domain a.test tls 80", ["tls"]],
    ["Domain a.test http 80", ["http", "h2c", "grpc"]],
    ["Domain *.test http2 80", ["h2c", "grpc"]],
    ["Domain * grpc 80", ["grpc"]],
  ])("%s admits %j", (ruleText, admitted) => {
    const all = ["tls", "http", "h2c", "grpc"].map((scheme) => `${scheme}://a.test:80@10.0.0.1`);
    const held = [...all, "opaque://10.0.0.1:80"].filter((c) => holdsConnection(space(ruleText), connection(c)));
    expect(held.map((c) => c.split(":")[0])).toEqual(admitted);
    expect(holdsConnection(space(ruleText), connection("tls://a.test:81@10.0.0.1"))).toBe(false);
  });

  test("law: a difference of policies is that of their sets", () => {
    fc.assert(
      fc.property(effectivePolicy, effectivePolicy, fc.nat(9), (p, q, n) => {
        const other = n < 5 ? { ...q, rules: [...q.rules, ...p.rules.slice(0, n)] } : q;
        expect(equal(policyDifference(p, other), difference(policySpace(p), policySpace(other)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("rules under another mode say nothing", () => {
    const rules = [rule("Domain a.test tls 443")];
    expect(equal(policyDifference(effective("Matched", rules), effective("None", rules)), rulesSpace(rules))).toBe(
      true,
    );
    expect(isEmpty(policyDifference(effective("Matched", rules), effective("All", rules)))).toBe(true);
    const all = policyDifference(effective("All", rules), effective("Matched", rules));
    expect(equal(all, difference(EVERYTHING, rulesSpace(rules)))).toBe(true);
    expect(isEmpty(policyDifference(effective("None", rules), effective("Matched", [])))).toBe(true);
  });

  test("`*` is every name of HTTP, and for TLS the missing one too, whatever stands beside it", () => {
    const tls = boxSpace({ traffic: "tls", port: port(443) });
    expect(equal(space("Domain * tls 443"), tls)).toBe(true);
    expect(equal(space("Domain a.test tls 443", "Domain * tls 443"), tls)).toBe(true);
    const http = space("Domain * http 80", "Domain a.test http 80");
    expect(equal(http, space("Domain * http 80"))).toBe(true);
    expect(holdsConnection(http, connection("http://:80"))).toBe(false);
    expect(holdsConnection(http, connection("http://b.test:80"))).toBe(true);
  });

  test("a name for `tcp` admits nothing, as decide has it", () => {
    expect(isEmpty(space("Domain * tcp 443", "Domain a.test tcp"))).toBe(true);
    expect(decide(matched("Domain a.test tcp"), connection("tls://a.test:443")).kind).toBe("deny");
  });

  test("rules that both have are told by what they mean", () => {
    const left = (before: string, after: string) => isEmpty(policyDifference(matched(before), matched(after)));
    expect(left("Domain A.test tls 443", "Domain a.test tls 443")).toBe(true);
    expect(left("IP 10.0.0.1 tcp 443", "CIDR 10.0.0.1/32 tcp 443")).toBe(true);
    for (const other of [
      "Domain b.test tls 443",
      "Domain *.a.test tls 443",
      "Domain a.test http 443",
      "Domain a.test tls 80",
      "IP 10.0.0.1 tls 443",
    ])
      expect(left("Domain a.test tls 443", other)).toBe(false);
    for (const other of ["IP ::a00:1 tcp", "CIDR 10.0.0.0/31 tcp 80", "CIDR 10.0.0.0/32 tcp"])
      expect(left("IP 10.0.0.1 tcp", other)).toBe(false);
    expect(left("IP 10.0.0.1 tcp 443", "IP 10.0.0.1 tcp 80")).toBe(false);
  });
});

test.each<[string, string, boolean]>([
  ["Domain a.test tls 80", "Domain a.test tls 81", false],
  ["Domain a.test tls 80", "Domain a.test tls", true],
  ["Domain a.test tls 80", "Domain a.test tls 80", true],
  ["Domain a.test tls 80", "IP 10.0.0.1 tls 80", true],
  ["Domain a.test tls", "Domain b.test tls", false],
  ["Domain a.test tls", "Domain * tls", true],
  ["Domain a.test tls", "Domain *.test tls", true],
  ["Domain a.test tls", "Domain *.a.test tls", false],
  ["Domain *.a.test tls", "Domain *.a.test tls", true],
  ["Domain *.a.test tls", "Domain *.test tls", true],
  ["Domain *.a.test tls", "Domain *.b.test tls", false],
  ["Domain *.a.test tls", "Domain * tls", true],
  ["Domain a.test tls", "IP 10.0.0.1 tls", true],
  ["IP 10.0.0.1 tls", "IP 10.0.0.1 tcp", true],
  ["IP 10.0.0.1 tls", "IP 10.0.0.2 tls", false],
  ["IP 10.0.0.1 tls", "CIDR 10.0.0.0/8 tls", true],
  ["IP 10.0.0.1 tls", "CIDR ::/0 tls", false],
  ["CIDR 10.0.0.0/8 tls", "CIDR 10.1.0.0/16 tls", true],
  ["CIDR 10.0.0.0/8 tls", "CIDR 11.0.0.0/8 tls", false],
])("%s and %s may meet: %s", (a, b, expected) => {
  expect([rulesMayMeet(rule(a), rule(b)), rulesMayMeet(rule(b), rule(a))]).toEqual([expected, expected]);
});

describe("witnesses", () => {
  test.each<[string[], string | undefined]>([
    [[], undefined],
    [["Domain a.test tls 443", "IP 10.0.0.1 tcp 80"], "tls://example.net:80@10.0.0.1"],
    [["Domain a.test tls"], "tls://a.test:8443@203.0.113.10"],
    [["Domain a.test tls", "Domain b.test http 80"], "tls://a.test:8443@203.0.113.10"],
    [["Domain * tls 443"], "tls://example.net:443@203.0.113.10"],
    [["Domain a.test http 80"], "http://a.test:80@203.0.113.10"],
    [["Domain *.test http2 80"], "h2c://www.test:80@203.0.113.10"],
    [["Domain a.test grpc 80"], "grpc://a.test:80@203.0.113.10"],
    [["Domain b.test tls 9000", "Domain a.test tls 443"], "tls://a.test:443@203.0.113.10"],
    [["CIDR 10.0.0.0/8 tls 443"], "tls://example.net:443@10.0.0.1"],
  ])("%j: %s", (rules, expected) => {
    expect(text(...rules)).toBe(expected);
  });

  test("the lowest port that is listed, else one that people use, else the lowest", () => {
    const ports = (...numbers: number[]) => new Map(numbers.map((n) => [port(n), true]));
    expect(freePort(ports())).toBe(8443);
    expect(freePort(ports(8443))).toBe(9443);
    expect(freePort(ports(8443, 9443))).toBe(50_000);
    expect(freePort(ports(8443, 9443, 50_000))).toBe(1);
    expect(freePort(ports(8443, 9443, 50_000, 1, 2))).toBe(3);
    const all = Array.from({ length: PORT_COUNT }, (_, i) => i + 1);
    expect(freePort(ports(...all))).toBeUndefined();
    expect(freePort(ports(...all.slice(0, -1)))).toBe(65_535);
  });

  test("where one port is left out, at another", () => {
    const found = witness(difference(boxSpace({ traffic: "tls" }), boxSpace({ traffic: "tls", port: port(443) })));
    expect(found?.destination.port).toBe(8443);
  });

  test("they have the facts that such traffic has, and no others", () => {
    const one = (traffic: "tls" | "http1", names: NameSet) => witness(boxSpace({ traffic, port: port(80), names }));
    const destination = { ip: ip("203.0.113.10"), port: 80 };
    expect(one("tls", NAMELESS)).toStrictEqual({ kind: "tls", destination });
    const request = { kind: "http", destination, version: "1.1", isGrpc: false };
    expect(one("http1", NAMELESS)).toStrictEqual(request);
    expect(one("http1", oneName("a.test"))).toStrictEqual({ ...request, host: "a.test" });
  });

  test("of traffic without a name, and with an ill-formed one", () => {
    const of = (s: Parameters<typeof witness>[0]) => {
      const found = witness(s);
      return found === undefined ? undefined : formatConnection(found);
    };
    expect(of(boxSpace({ traffic: "opaque", port: port(9000) }))).toBe("opaque://203.0.113.10:9000");
    const named = (traffic: "tls" | "http1") =>
      difference(boxSpace({ traffic, port: port(80) }), space(`Domain * ${traffic === "tls" ? "tls" : "http"} 80`));
    expect(of(named("tls"))).toBeUndefined();
    expect(of(named("http1"))).toBe("http://:80@203.0.113.10");
    const none = connectionSpace(connection("http://:80"));
    expect(of(none)).toBe("http://:80@203.0.113.7");
    expect(of(connectionSpace(connection("http://a,b:80")))).toBe("http://a,b:80@203.0.113.7");
    expect(of(connectionSpace(connection("tls://:443")))).toBe("tls://:443@203.0.113.7");
  });
});

describe("boxes", () => {
  test("what is left out is not restricted; an empty part makes it empty", () => {
    expect(isEmpty(boxSpace({ traffic: "tls", addresses: [] }))).toBe(true);
    expect(isEmpty(boxSpace({ traffic: "tls", names: NO_NAMES }))).toBe(true);
    expect(isEmpty(boxSpace({ traffic: "tls" }))).toBe(false);
    const all = (["tls", "http1", "http2", "grpc", "opaque"] as const).map((traffic) => boxSpace({ traffic }));
    expect(equal(all.reduce(union), EVERYTHING)).toBe(true);
    expect(equal(intersection(EVERYTHING, space("Domain a.test tls 443")), space("Domain a.test tls 443"))).toBe(true);
    expect(equal(difference(EVERYTHING, EMPTY), EVERYTHING)).toBe(true);
    const ports = space("IP 10.0.0.1 tls", "Domain a.test tls 443");
    for (const both of [intersection(ports, EVERYTHING), intersection(EVERYTHING, ports)])
      expect(equal(both, ports)).toBe(true);
    expect(equal(EVERYTHING, space("Domain a.test tls"))).toBe(false);
    expect(equal(space("Domain a.test tls"), EVERYTHING)).toBe(false);
  });

  test("with every port listed, the rest is none", () => {
    const region = [{ addresses: ALL_ADDRESSES, names: nameSet([]) }];
    const listed = (n: number) => new Map(Array.from({ length: n }, (_, i) => [port(i + 1), []]));
    expect(isNothing({ byPort: listed(PORT_COUNT), rest: region })).toBe(true);
    const named = [{ addresses: ALL_ADDRESSES, names: oneName("a.test") }];
    expect(witness({ ...EMPTY, tls: { byPort: listed(PORT_COUNT), rest: named } })).toBeUndefined();
    expect(witness({ ...EMPTY, tls: { byPort: listed(PORT_COUNT - 1), rest: named } })?.destination.port).toBe(65_535);
    expect(isNothing({ byPort: listed(PORT_COUNT - 1), rest: region })).toBe(false);
    expect(isNothing({ byPort: new Map([[port(1), region]]), rest: [] })).toBe(false);
  });

  test("connections with some facts: an address or all, a name or all", () => {
    const facts = connection("http://a.test:80@10.0.0.1");
    const at = facts.destination.port;
    const anywhere = connectionSpace({ ...facts, destination: { port: at } });
    expect(holdsConnection(connectionSpace(facts), facts)).toBe(true);
    expect(holdsConnection(connectionSpace(facts), connection("http10://a.test:80@10.0.0.1"))).toBe(true);
    for (const other of ["http://b.test:80@10.0.0.1", "h2c://a.test:80@10.0.0.1", "http://a.test:81@10.0.0.1"])
      expect(holdsConnection(connectionSpace(facts), connection(other))).toBe(false);
    expect(holdsConnection(connectionSpace(facts), connection("http://a.test:80@10.0.0.2"))).toBe(false);
    expect(holdsConnection(anywhere, connection("http://a.test:80@10.0.0.2"))).toBe(true);
    const named = connectionSpace(facts, true);
    for (const other of ["http://b.test:80@10.0.0.1", "http://:80@10.0.0.1", "http://a,b:80@10.0.0.1"])
      expect([
        holdsConnection(named, connection(other)),
        holdsConnection(connectionSpace(facts), connection(other)),
      ]).toEqual([true, false]);
    expect(
      equal(
        connectionSpace(facts),
        boxSpace({ traffic: "http1", port: at, addresses: addressSet([]), names: NO_NAMES }),
      ),
    ).toBe(false);
  });
});

test("breadth: ports by addresses by names, IPv6 as much as IPv4", () => {
  const of = (...rules: string[]) => breadth(rulesSpace(rules.map(rule)));
  const one = 1n << 96n;
  expect(breadth(EMPTY)).toBe(0n);
  expect(of("IP 10.0.0.1 grpc 80")).toBe(one * ((1n << 48n) + 2n));
  expect(of("CIDR 10.0.0.0/31 grpc 80")).toBe(2n * one * ((1n << 48n) + 2n));
  expect(of("IP 2001:db8::1 grpc 80")).toBe((1n << 48n) + 2n);
  expect(of("CIDR 0.0.0.0/0 grpc 80")).toBe((1n << 128n) * ((1n << 48n) + 2n));
  // The v4-mapped stretch holds no address.
  expect(of("CIDR ::/0 grpc 80")).toBe(((1n << 128n) - (1n << 32n)) * ((1n << 48n) + 2n));
  expect(of("IP 10.0.0.1 grpc 80", "IP 10.0.0.1 grpc 81")).toBe(2n * one * ((1n << 48n) + 2n));
  expect(of("IP 10.0.0.1 grpc")).toBe(65_535n * one * ((1n << 48n) + 2n));
  expect(of("IP 10.0.0.1 tls 80")).toBe(one * ((1n << 48n) + 1n));
  const opaque = boxSpace({ traffic: "opaque", port: port(80), addresses: [[1n, 1n]] });
  expect(breadth(opaque)).toBe(one);
  expect(breadth(boxSpace({ traffic: "opaque", port: port(80), addresses: [[(1n << 32n) - 1n, 1n << 32n]] }))).toBe(
    one + 1n,
  );
});
