import fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "../../src/policy/decide/index.ts";
import { comparePrecedence, selectPolicies, selects } from "../../src/policy/match/index.ts";
import { effectivePolicy } from "../../src/policy/merge/index.ts";
import { connection, dataplane, mesh, meshPassthrough, policySet, reordered } from "./arbitraries.ts";

const RUNS = { numRuns: 2000 };

test("law: the order of the policies changes nothing in the effective policy", () => {
  fc.assert(
    fc.property(reordered(policySet), mesh, dataplane, ([policies, again], m, proxy) => {
      const shuffled = again.slice(0, policies.length);
      expect(effectivePolicy(m, shuffled, proxy)).toEqual(effectivePolicy(m, policies, proxy));
    }),
    RUNS,
  );
});

test("law: permuting or duplicating policies changes no verdict", () => {
  fc.assert(
    fc.property(reordered(policySet), mesh, dataplane, connection, ([policies, again], m, proxy, c) => {
      const [before, after] = [effectivePolicy(m, policies, proxy), effectivePolicy(m, again, proxy)];
      expect(after.mode).toEqual(before.mode);
      expect(decide(after, c).kind).toBe(decide(before, c).kind);
    }),
    RUNS,
  );
});

test("law: precedence is a total order: two policies of a store are never equal, and it is transitive", () => {
  fc.assert(
    fc.property(policySet, (policies) => {
      for (const a of policies)
        for (const b of policies) {
          const order = Math.sign(comparePrecedence(a, b));
          expect(order === 0).toBe(a === b);
          expect(Math.sign(comparePrecedence(b, a)) + order).toBe(0);
          for (const c of policies)
            if (order < 0 && comparePrecedence(b, c) < 0) expect(comparePrecedence(a, c)).toBeLessThan(0);
        }
    }),
    RUNS,
  );
});

test("law: every value names the policy it came from, and nothing of a selecting policy is lost", () => {
  fc.assert(
    fc.property(policySet, mesh, dataplane, (policies, m, proxy) => {
      const merged = effectivePolicy(m, policies, proxy);
      const selecting = policies.filter((policy) => selects(policy, proxy).selected);
      expect(merged.rules.length).toBe(selecting.reduce((sum, policy) => sum + policy.rules.length, 0));
      for (const { value, source } of merged.rules) {
        const policy = selecting.find(({ meta }) => meta.mesh === source.mesh && meta.name === source.name);
        expect(policy?.rules[source.index ?? -1]).toBe(value);
      }
      const { value, source } = merged.mode;
      if (source === "mesh") expect([selecting.length, value]).toEqual([0, m.passthrough === false ? "None" : "All"]);
      else if (source === "default") expect(value).toBe("None");
      else expect(selecting.find(({ meta }) => meta.name === source.name)?.mode).toBe(value);
    }),
    RUNS,
  );
});

test("law: a policy that does not select the proxy changes nothing", () => {
  fc.assert(
    fc.property(policySet, meshPassthrough, mesh, dataplane, (policies, extra, m, proxy) => {
      fc.pre(!selects(extra, proxy).selected);
      expect(effectivePolicy(m, [...policies, extra], proxy)).toEqual(effectivePolicy(m, policies, proxy));
    }),
    RUNS,
  );
});

test("law: the mode is that of the highest selecting policy that sets one", () => {
  fc.assert(
    fc.property(policySet, mesh, dataplane, (policies, m, proxy) => {
      const setting = selectPolicies(policies, proxy).filter(({ mode }) => mode !== undefined);
      const top = setting.find((policy) => setting.every((other) => comparePrecedence(other, policy) <= 0));
      if (top !== undefined) expect(effectivePolicy(m, policies, proxy).mode.value).toBe(top.mode);
    }),
    RUNS,
  );
});
