import fc from "fast-check";
import { expect, test } from "vitest";
import { effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { matched, must } from "../../../test/laws/builders.ts";
import { parseCidr, parseDomainPattern } from "../net/index.ts";
import { addressSet } from "./addresses.ts";
import { columnsOf } from "./columns.ts";
import { breadth, difference, isEmpty, policySpace, union } from "./index.ts";
import { nameSet, nameUnion } from "./names.ts";

test("law: a set is never broader than one that holds it, and only the empty one has no breadth", () => {
  fc.assert(
    fc.property(effectivePolicy, effectivePolicy, (p, q) => {
      const [a, b] = [policySpace(p), policySpace(q)];
      for (const part of [a, b, difference(a, b)]) {
        expect(breadth(part) <= breadth(union(a, b))).toBe(true);
        expect(breadth(part) === 0n).toBe(isEmpty(part));
      }
      expect(breadth(difference(a, b)) + breadth(difference(b, difference(b, a)))).toBeLessThanOrEqual(breadth(a));
    }),
    { numRuns: 500 },
  );
});

test("one name anywhere is less than a wildcard, and one address less than a block", () => {
  const of = (text: string) => breadth(policySpace(matched(text)));
  const ascending = [
    "Domain a.b.test tls 443",
    "Domain *.a.b.test tls 443",
    "Domain *.b.test tls 443",
    "Domain *.test tls 443",
    "Domain * tls 443",
    "Domain * tls",
  ].map(of);
  expect(ascending).toEqual([...ascending].sort((x, y) => (x < y ? -1 : 1)));
  expect(of("IP 192.0.2.1 tls 443") < of("CIDR 192.0.2.0/24 tls 443")).toBe(true);
  expect(of("IP 192.0.2.1 tls 443") < of("IP 192.0.2.1 tcp 443")).toBe(true);
});

const at = (block: string) => addressSet([must(parseCidr(block))]);
const named = (name: string) => nameSet([must(parseDomainPattern(name))]);
const [A, B] = [named("a.test"), named("b.test")];

test("addresses that share nothing keep their names; each column holds some", () => {
  const region = [
    { addresses: at("11.0.0.0/8"), names: B },
    { addresses: at("10.0.0.0/8"), names: A },
  ];
  expect(columnsOf(region)).toEqual(region.toReversed());
});

test("what is shared has the names of both; equal names are one column", () => {
  const [all, low, high] = [at("10.0.0.0/8"), at("10.0.0.0/9"), at("10.128.0.0/9")];
  const ofAll = { addresses: all, names: A };
  expect(columnsOf([ofAll, { addresses: low, names: A }])).toEqual([ofAll]);
  const columns = columnsOf([ofAll, { addresses: low, names: B }]);
  expect(columns).toHaveLength(2);
  expect(columns).toContainEqual({ addresses: low, names: nameUnion(A, B) });
  expect(columns).toContainEqual({ addresses: high, names: A });
});
