import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connection, effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { decide } from "../decide/index.ts";
import type { Connection } from "../model/index.ts";
import { boxSpace, type ConnectionClass, holdsConnection } from "../space/index.ts";
import { diff } from "./index.ts";

const inClass =
  (c: ConnectionClass) =>
  (x: Connection): boolean => {
    const { port } = x.destination;
    const portFits = "only" in c.ports ? c.ports.only.includes(port) : !c.ports.except.includes(port);
    const fits = c.traffic.some((traffic) =>
      holdsConnection(boxSpace({ traffic, addresses: c.addresses, names: c.names }), x),
    );
    return portFits && fits && !(c.except ?? []).some((e) => inClass(e)(x));
  };

describe("diff", () => {
  test("law: a policy does not differ from itself", () => {
    fc.assert(
      fc.property(effectivePolicy, (p) => {
        expect(diff(p, p)).toEqual({ allowed: [], denied: [] });
      }),
    );
  });

  test("law: diff(a, b) mirrors diff(b, a)", () => {
    fc.assert(
      fc.property(effectivePolicy, effectivePolicy, (a, b) => {
        expect(diff(b, a)).toEqual({ allowed: diff(a, b).denied, denied: diff(a, b).allowed });
      }),
    );
  });

  test("law: the classes hold exactly the connections whose verdict changes", () => {
    fc.assert(
      fc.property(effectivePolicy, effectivePolicy, connection, (a, b, c) => {
        const [before, after] = [decide(a, c).kind, decide(b, c).kind];
        const { allowed, denied } = diff(a, b);
        expect(allowed.some((k) => inClass(k)(c))).toBe(before === "deny" && after === "allow");
        expect(denied.some((k) => inClass(k)(c))).toBe(before === "allow" && after === "deny");
      }),
      { numRuns: 2000 },
    );
  });

  test("law: a witness lies in its class, and decide confirms it", () => {
    fc.assert(
      fc.property(effectivePolicy, effectivePolicy, (a, b) => {
        for (const c of diff(a, b).allowed) {
          expect(inClass(c)(c.witness)).toBe(true);
          expect([decide(a, c.witness).kind, decide(b, c.witness).kind]).toEqual(["deny", "allow"]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
