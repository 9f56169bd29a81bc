import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connection, effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { matched, port } from "../../../test/laws/builders.ts";
import type { Connection } from "../model/index.ts";
import { type Cidr, cidrOf } from "../net/index.ts";
import {
  ALL_ADDRESSES,
  ALL_SERVER_NAMES,
  addressClass,
  addressSet,
  boxSpace,
  type ConnectionClass,
  classesSpace,
  connectionClasses,
  difference,
  differenceOf,
  EMPTY,
  EVERYTHING,
  equal,
  holdsConnection,
  nameClasses,
  nameDifference,
  oneName,
  PORT_COUNT,
  policySpace,
  renderClass,
  someName,
  union,
  viewClass,
} from "./index.ts";

const texts = (...rules: string[]): string[] =>
  connectionClasses(policySpace(matched(...rules))).map((c) => renderClass(c));
const gained = (before: string[], after: string[]): string[] =>
  connectionClasses(difference(policySpace(matched(...after)), policySpace(matched(...before)))).map((c) =>
    renderClass(c),
  );
const left = (...denied: string[]): string[] =>
  connectionClasses(difference(EVERYTHING, policySpace(matched(...denied)))).map((c) => renderClass(c));

describe("classes", () => {
  test("law: together they are the set, and the same whatever the set was put together from", () => {
    fc.assert(
      fc.property(effectivePolicy, effectivePolicy, (p, q) => {
        const [a, b] = [policySpace(p), policySpace(q)];
        for (const space of [a, difference(a, b), union(a, b)]) {
          const classes = connectionClasses(space);
          expect(equal(classesSpace(classes), space)).toBe(true);
          expect(connectionClasses(classesSpace(classes)).map(viewClass)).toEqual(classes.map(viewClass));
        }
        expect(connectionClasses(union(b, a)).map(viewClass)).toEqual(connectionClasses(union(a, b)).map(viewClass));
      }),
      { numRuns: 300 },
    );
  });

  test("law: a witness lies in its class, and in none of its exceptions", () => {
    const holds = (c: ConnectionClass, x: Connection): boolean => holdsConnection(classesSpace([c]), x);
    fc.assert(
      fc.property(effectivePolicy, effectivePolicy, connection, (p, q, x) => {
        const space = difference(policySpace(p), policySpace(q));
        const classes = connectionClasses(space);
        for (const c of classes) {
          expect(holds(c, c.witness)).toBe(true);
          for (const e of c.except ?? [])
            expect([holds(e, c.witness), holds({ ...c, except: [] }, e.witness)]).toEqual([false, true]);
        }
        expect(classes.some((c) => holds(c, x))).toBe(holdsConnection(space, x));
      }),
      { numRuns: 500 },
    );
  });

  test.each<readonly [rules: string[], text: string[]]>([
    [[], []],
    [["IP 192.0.2.1 tcp 443"], ["any traffic on port 443 to 192.0.2.1"]],
    [["CIDR 10.0.0.0/8 tcp", "CIDR 10.1.0.0/16 tcp"], ["any traffic on any port to 10.0.0.0/8"]],
    [["CIDR 0.0.0.0/0 tcp", "CIDR ::/0 tcp"], ["any traffic on any port to anywhere"]],
    [["CIDR ::/0 tcp 25"], ["any traffic on port 25 to any IPv6 address"]],
    [["Domain *.a.test tls 443", "Domain a.test tls 443"], ["TLS on port 443 to a.test, *.a.test"]],
    [["Domain * tls 443"], ["TLS on port 443 to anywhere"]],
    [["Domain * http 80"], ["HTTP on port 80 to any name"]],
    [["Domain a.test http2 80"], ["HTTP/2 on port 80 to a.test"]],
    [["Domain a.test grpc 80"], ["gRPC on port 80 to a.test"]],
    [["Domain a.test tls 80", "Domain a.test http 80"], ["TLS and HTTP on port 80 to a.test"]],
    [["Domain a.test tls 80", "Domain a.test tls 81", "Domain a.test tls 82"], ["TLS on ports 80-82 to a.test"]],
    [
      ["IP 192.0.2.1 tls", "Domain a.test tls"],
      ["TLS on any port to a.test", "TLS on any port to 192.0.2.1"],
    ],
  ])("%j reads %j", (rules, text) => {
    expect(texts(...rules)).toEqual(text);
  });

  test.each<readonly [rules: string[], text: string[]]>([
    [
      ["Domain *.a.test tls", "Domain b.test tls 443", "Domain c.test tls 8443"],
      ["TLS on any port to *.a.test", "TLS on port 443 to b.test", "TLS on port 8443 to c.test"],
    ],
    // What every port holds is not cut out of a wildcard, a block or all names, where they are shorter whole.
    [
      ["Domain x.a.test tls", "Domain *.a.test tls 443"],
      ["TLS on any port to x.a.test", "TLS on port 443 to *.a.test"],
    ],
    [
      ["CIDR 10.1.0.0/16 tls", "CIDR 10.0.0.0/8 tls 443", "Domain *.a.test tls 443"],
      ["TLS on any port to 10.1.0.0/16", "TLS on port 443 to *.a.test", "TLS on port 443 to 10.0.0.0/8"],
    ],
    [
      ["Domain * http", "IP 10.0.0.1 http 80"],
      ["HTTP on any port to any name", "HTTP on port 80 to 10.0.0.1"],
    ],
    // A rule that says no more than another.
    [["Domain *.a.test tls", "Domain x.a.test tls 443"], ["TLS on any port to *.a.test"]],
  ])("%j: what every port holds is said once", (rules, text) => {
    expect(texts(...rules)).toEqual(text);
  });

  test("however many ports there are, what every port holds is said once", () => {
    const many = Array.from({ length: 300 }, (_, i) => [
      `Domain any-${i}.test tls`,
      `IP 10.0.${i >> 8}.${i & 255} tcp`,
      `Domain at-${i}.test tls ${i + 1}`,
      `IP 10.1.${i >> 8}.${i & 255} tcp ${i + 1}`,
    ]).flat();
    const classes = connectionClasses(policySpace(matched(...many)));
    expect(classes).toHaveLength(2 + 2 * 300);
    expect(classes.reduce((sum, { names }) => sum + nameClasses(names).length, 0)).toBeLessThan(6 * 300);
  });

  test("ports on which a class leaves out everything are said with its ports", () => {
    expect(
      gained(
        ["IP 192.0.2.1 tcp 25", "Domain a.test tls 443", "IP 192.0.2.1 tcp 5432"],
        ["IP 192.0.2.1 tcp", "Domain a.test tls 443"],
      ),
    ).toEqual(["any traffic on any port except 25, 5432 to 192.0.2.1; except TLS on port 443 to a.test"]);
    expect(
      gained(["CIDR 192.0.2.0/24 tcp 25", "Domain a.test tls 443"], ["CIDR 192.0.2.0/24 tcp", "Domain a.test tls 443"]),
    ).toEqual(["any traffic on any port except 25 to 192.0.2.0/24; except TLS on port 443 to a.test"]);
    expect(
      gained(["IP 192.0.2.1 http 25", "Domain a.test tls 443"], ["IP 192.0.2.1 tcp", "Domain a.test tls 443"]),
    ).toEqual(["any traffic on any port to 192.0.2.1; except TLS on port 443 to a.test; except HTTP on port 25"]);
  });

  test("what stays allowed is an exception where that is shorter", () => {
    expect(gained(["Domain a.test tls 443", "Domain b.test http 80"], ["IP 192.0.2.1 tcp"])).toEqual([
      "any traffic on any port to 192.0.2.1; except TLS on port 443 to a.test; except HTTP on port 80 to b.test",
    ]);
    expect(gained(["Domain a.test tls 443"], ["IP 192.0.2.1 tls 443"])).toEqual([
      "TLS on port 443 to 192.0.2.1 under any name or none, except a.test",
    ]);
    expect(gained(["Domain a.test tls 443", "CIDR 10.0.0.0/9 tcp 25"], ["CIDR 10.0.0.0/8 tcp"])).toEqual([
      "any traffic on any port to 10.0.0.0/8; except any traffic on port 25 to 10.0.0.0/9; except TLS on port 443 to a.test",
    ]);
    expect(
      gained(["IP 10.1.1.1 tcp 80", "IP 10.1.1.2 tcp 443"], ["CIDR 10.0.0.0/8 tcp 80", "CIDR 10.0.0.0/8 tcp 443"]),
    ).toEqual([
      "any traffic on port 80 to 10.0.0.0/8 (except 10.1.1.1)",
      "any traffic on port 443 to 10.0.0.0/8 (except 10.1.1.2)",
    ]);
    expect(gained(["CIDR 10.1.0.0/16 tcp 80"], ["CIDR 10.0.0.0/8 tcp 80"])).toEqual([
      "any traffic on port 80 to 10.0.0.0/8 (except 10.1.0.0/16)",
    ]);
  });

  test("kinds of traffic that leave out the same names are told together", () => {
    expect(
      gained(["Domain a.test tls 443", "Domain a.test http 443"], ["IP 192.0.2.1 tls 443", "IP 192.0.2.1 http 443"]),
    ).toEqual(["TLS and HTTP on port 443 to 192.0.2.1 under any name or none, except a.test"]);
    expect(left("Domain a.test tls 443", "Domain a.test http 443")).toEqual([
      "any traffic on any port to anywhere; except TLS and HTTP on port 443 to a.test",
    ]);
    expect(texts("Domain * grpc 443", "Domain * tls 443")).toEqual([
      "TLS and gRPC on port 443 to no name, any name; except gRPC on port 443 without a host",
    ]);
  });

  test.each<readonly [rules: string[], text: string[]]>([
    [
      ["IP 10.0.0.1 tcp", "CIDR 2001:db8::/32 grpc 80"],
      ["any traffic on any port to 10.0.0.1", "gRPC on port 80 to 2001:db8::/32"],
    ],
    [
      ["IP 10.0.0.1 tcp 80", "IP 10.0.0.1 tcp 443", "CIDR 2001:db8::/32 grpc 80"],
      ["any traffic on ports 80, 443 to 10.0.0.1", "gRPC on port 80 to 2001:db8::/32"],
    ],
    [
      [
        "IP 10.0.0.1 tcp 25",
        "IP 10.0.0.1 tcp 80",
        "IP 10.0.0.1 grpc 443",
        "CIDR 2001:db8::/32 grpc 80",
        "CIDR 2001:db8::/32 grpc 443",
      ],
      ["any traffic on ports 25, 80 to 10.0.0.1", "gRPC on ports 80, 443 to 10.0.0.1, 2001:db8::/32"],
    ],
    [
      ["CIDR ::/0 tcp 25", "CIDR ::/0 tcp 80", "CIDR 0.0.0.0/0 grpc 80"],
      ["any traffic on ports 25, 80 to any IPv6 address", "gRPC on port 80 to anywhere"],
    ],
    // No shorter: one block for another.
    [
      ["Domain * tls 80", "CIDR ::/0 tcp"],
      ["any traffic on any port to any IPv6 address", "TLS on port 80 to anywhere"],
    ],
    // No shorter: a block with an exception for a block.
    [
      ["CIDR 0.0.0.0/0 grpc 443", "IP 10.0.0.2 http2", "Domain * grpc"],
      ["HTTP/2 on any port to 10.0.0.2", "gRPC on any port to any name", "gRPC on port 443 to any IPv4 address"],
    ],
    // What is not said yet would be more than one class.
    [
      [
        "CIDR 2001:db8::/32 tls 443",
        "CIDR 2001:db8::/32 grpc",
        "CIDR ::/0 tcp 80",
        "CIDR 10.0.0.0/8 tls 443",
        "CIDR 10.0.0.0/9 tcp",
      ],
      [
        "any traffic on port 80 to any IPv6 address",
        "TLS and HTTP (gRPC apart) and bytes that are neither TLS nor HTTP on any port to 10.0.0.0/9",
        "TLS on port 443 to 10.128.0.0/9, 2001:db8::/32",
        "gRPC on any port to 10.0.0.0/9, 2001:db8::/32",
      ],
    ],
  ])("%j: what one class holds is not said again where that is shorter", (rules, text) => {
    expect(texts(...rules)).toEqual(text);
  });

  test("classes are put together by addresses first, then by traffic and ports, then by ports", () => {
    expect(left("CIDR 10.0.0.0/8 http2 80", "IP 10.0.0.2 tcp 80")).toEqual([
      "any traffic on port 80 to any address except 10.0.0.2; except HTTP/2 on port 80 to 10.0.0.0/8 (except 10.0.0.2)",
      "any traffic on any port except 80 to anywhere",
    ]);
    expect(left("CIDR 2001:db8::/32 tcp", "IP 192.0.2.1 tcp 80", "IP 192.0.2.1 http2 25")).toEqual([
      "any traffic on ports 25, 80 to any address except 192.0.2.1, 2001:db8::/32",
      "TLS and HTTP/1 and bytes that are neither TLS nor HTTP on any port except 80 to any address except 2001:db8::/32",
      "HTTP/2 on any port except 25, 80 to any address except 2001:db8::/32",
    ]);
    expect(left("CIDR 10.0.0.0/9 tls", "Domain * http2 25", "CIDR 10.0.0.0/8 tcp 443")).toEqual([
      "anything but TLS on any port to anywhere; except anything but TLS on port 443 to 10.0.0.0/8; except HTTP/2 on port 25 to any name",
      "TLS on any port except 443 to any address except 10.0.0.0/9",
      "any traffic on port 443 to any address except 10.0.0.0/8",
    ]);
    expect(texts("CIDR 10.1.0.0/16 http2", "CIDR ::/0 tcp 80")).toEqual([
      "any traffic on port 80 to any IPv6 address",
      "HTTP/2 on any port to 10.1.0.0/16",
    ]);
  });

  test("an exception is a 64th at most of what it is left out of", () => {
    const both = ["CIDR 10.0.0.0/8 tcp 1", "CIDR 10.0.0.0/8 tcp 2"];
    expect(gained(["CIDR 10.0.0.0/13 tcp 2"], both)).toEqual([
      "any traffic on ports 1, 2 to 10.0.0.0/8; except any traffic on port 2 to 10.0.0.0/13",
    ]);
    expect(gained(["CIDR 10.0.0.0/12 tcp 2"], both)).toEqual([
      "any traffic on port 1 to 10.0.0.0/8",
      "any traffic on port 2 to 10.0.0.0/8 (except 10.0.0.0/12)",
    ]);
  });

  test("what many classes hold is told without exceptions", () => {
    const exceptions = (others: number): number => {
      const named = Array.from({ length: others }, (_, i) => `Domain h${i}.test tls ${i + 1}`);
      const classes = gained(["Domain a.test tls 443"], ["IP 192.0.2.1 tcp", ...named]);
      return classes.filter((one) => one.includes("; except ")).length;
    };
    expect(exceptions(47)).toBe(1);
    expect(exceptions(48)).toBe(0);
  });

  test("what other classes hold together is none of its own", () => {
    const box = (name: string, n: bigint) =>
      boxSpace({
        traffic: "tls",
        port: port(443),
        addresses: [
          [1n, 1n],
          [n, n],
        ],
        names: oneName(name),
      });
    const classes = connectionClasses(union(box("a.test", 3n), box("b.test", 5n)));
    expect(classes.map((c) => renderClass(c))).toEqual([
      "TLS on port 443 to a.test at 0.0.0.1, 0.0.0.3",
      "TLS on port 443 to b.test at 0.0.0.1, 0.0.0.5",
    ]);
  });

  test("with every port listed, what is said of the others is nothing", () => {
    const region = (name: string) => [{ addresses: ALL_ADDRESSES, names: oneName(name) }];
    const [a, b] = [region("a.test"), region("b.test")];
    const byPort = new Map(Array.from({ length: PORT_COUNT }, (_, i) => [port(i + 1), a]));
    const classes = connectionClasses({ ...EMPTY, tls: { byPort, rest: b } });
    expect(classes.map((c) => renderClass(c))).toEqual(["TLS on ports 1-65535 to a.test"]);
  });

  test("everything is one class; long lists are cut", () => {
    expect(connectionClasses(EVERYTHING).map((c) => renderClass(c))).toEqual(["any traffic on any port to anywhere"]);
    const many = Array.from({ length: 20 }, (_, i) => `Domain h${i}.test tls 443`);
    expect(texts(...many)[0]).toMatch(/^TLS on port 443 to h0\.test, .* and 12 more$/);
  });
});

test("a name that ends in a dot, and the empty one, are names of their own", () => {
  for (const name of ["", "a.test.", "a.test", ".a.test", "test"]) {
    expect(nameClasses(oneName(name))).toEqual([{ kind: "exact", name }]);
    expect(someName(oneName(name))).toEqual({ name });
    expect(nameClasses(nameDifference(ALL_SERVER_NAMES, oneName(name)))).toEqual([
      { kind: "none" },
      { kind: "below", rest: "", except: [name] },
    ]);
  }
});

describe("addresses as blocks with exceptions", () => {
  const block = fc
    .tuple(fc.constantFrom(4 as const, 6 as const), fc.nat({ max: 255 }), fc.nat({ max: 8 }))
    .map(
      ([family, n, prefix]): Cidr =>
        family === 4
          ? cidrOf(4, (10n << 24n) | BigInt(n), prefix === 0 ? 0 : 24 + prefix)
          : cidrOf(6, (0xffffn << 32n) - 128n + BigInt(n), prefix === 0 ? 0 : 120 + prefix),
    );

  test("law: they are the set, and never more than its blocks", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), fc.array(block, { maxLength: 4 }), (plus, minus) => {
        const set = differenceOf(addressSet(plus), addressSet(minus));
        const found = addressClass(set);
        const all = addressSet([cidrOf(4, 0n, 0), cidrOf(6, 0n, 0)]);
        const back =
          found.kind === "any"
            ? all
            : found.kind === "any except"
              ? differenceOf(all, addressSet(found.except))
              : found.blocks.reduce(
                  (sum, one) => addressUnion(sum, differenceOf(addressSet([one.block]), addressSet(one.except))),
                  addressSet([]),
                );
        expect(back).toEqual(set);
      }),
      { numRuns: 2000 },
    );
  });

  const addressUnion = (a: ReturnType<typeof addressSet>, b: ReturnType<typeof addressSet>) =>
    differenceOf(
      addressSet([cidrOf(4, 0n, 0), cidrOf(6, 0n, 0)]),
      differenceOf(differenceOf(addressSet([cidrOf(4, 0n, 0), cidrOf(6, 0n, 0)]), a), b),
    );
});
