import fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "../../src/policy/decide/index.ts";
import { type Change, classImpact, fateOf, type LiveConnection } from "../../src/policy/impact/index.ts";
import type { Connection, RevocationMode } from "../../src/policy/model/index.ts";
import { connection, connectionNear, effectivePolicy } from "./arbitraries.ts";

const mode = fc.constantFrom<RevocationMode>({ kind: "cut" }, { kind: "keep" }, { kind: "drain", seconds: 30 });
const FATE = { cut: "cut", keep: "kept", drain: "drains" } as const;
const liveOf = (what: Connection): LiveConnection =>
  what.kind === "http" ? { kind: "requests", requests: [what] } : { kind: "passed", what };
const change = fc
  .tuple(effectivePolicy, effectivePolicy, mode)
  .map(([before, after, otherwise]): Change => ({ before, after, otherwise }));

test("law: an open connection that was allowed stays exactly if it still is; else the revocation decides", () => {
  const near = change.chain((c) =>
    fc.tuple(
      fc.constant(c),
      fc.oneof(connection, ...[...c.before.rules, ...c.after.rules].map(({ value }) => connectionNear(value))),
    ),
  );
  fc.assert(
    fc.property(near, ([c, what]) => {
      fc.pre(decide(c.before, what).kind === "allow");
      const isAllowed = decide(c.after, what).kind === "allow";
      const { kind } = c.after.revocation ?? c.otherwise;
      expect(fateOf(c, liveOf(what)).kind).toBe(isAllowed ? "stays" : FATE[kind]);
    }),
    { numRuns: 1_000 },
  );
});

test("law: classes and single connections have the same fate", () => {
  fc.assert(
    fc.property(change, (c) => {
      const { denied, allowed, revocation } = classImpact(c);
      for (const { of, passed, requests } of denied) {
        expect(of.witness.kind === "http" ? requests : passed).toBe(true);
        expect(fateOf(c, liveOf(of.witness)).kind).toBe(FATE[revocation.kind]);
      }
      for (const { witness } of allowed) expect(decide(c.after, witness).kind).toBe("allow");
    }),
    { numRuns: 300 },
  );
});
