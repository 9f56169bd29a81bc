import fc from "fast-check";
import { expect, test } from "vitest";
import { effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { matched } from "../../../test/laws/builders.ts";
import { breadth, difference, isEmpty, policySpace, union } from "./index.ts";

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
