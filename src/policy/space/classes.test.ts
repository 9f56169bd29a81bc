import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connection, effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { matched } from "../../../test/laws/builders.ts";
import type { Connection } from "../model/index.ts";
import { type Cidr, cidrOf } from "../net/index.ts";
import {
  ALL_SERVER_NAMES,
  addressClass,
  addressSet,
  type ConnectionClass,
  classesSpace,
  connectionClasses,
  difference,
  differenceOf,
  EVERYTHING,
  equal,
  holdsConnection,
  nameClasses,
  nameDifference,
  oneName,
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
