import fc from "fast-check";
import { expect, test } from "vitest";
import { rule as ruleOf } from "../../../test/laws/builders.ts";
import { dataplane, mesh, policySet } from "../../../test/laws/resource-arbitraries.ts";
import { rule } from "../../../test/laws/rule-arbitraries.ts";
import { LINT_CODES, type LintCode } from "../diagnostics/index.ts";
import { selects } from "../match/index.ts";
import { effectivePolicy } from "../merge/index.ts";
import type { Dataplane, Mesh, MeshPassthrough, Rule } from "../model/index.ts";
import { resourceId } from "../model/index.ts";
import { equal, policySpace, rulesSpace } from "../space/index.ts";
import { type LintInput, lint } from "./lint.ts";
import { includes, selectorKey, selectorOf } from "./selector.ts";

const ALL = Object.keys(LINT_CODES).filter((code): code is LintCode => Object.hasOwn(LINT_CODES, code));
const NOW = Date.parse("2031-06-15T12:00:00Z");

function input(policies: readonly MeshPassthrough[], dataplanes: readonly Dataplane[] = [], theMesh?: Mesh): LintInput {
  return {
    resources: policies.map((resource) => ({ resource, spanOf: () => undefined })),
    proxies: dataplanes.map((proxy) => ({
      dataplane: proxy,
      effective: effectivePolicy(theMesh, policies, proxy),
      policies: policies.map((policy) => ({ policy, selection: selects(policy, proxy) })),
    })),
  };
}

/** The policies without the rules that have no effect. */
function lean(policies: readonly MeshPassthrough[]): MeshPassthrough[] {
  const gone = new Set(
    lint(input(policies))
      .filter(({ code }) => code === "L401-rule-without-effect")
      .map(({ resource, path }) => `${resource}#${path.at(-1)}`),
  );
  return policies.map((policy) => ({
    ...policy,
    rules: policy.rules.filter((_, index) => !gone.has(`${resourceId(policy.type, policy.meta)}#${index}`)),
  }));
}

const policyOf = (rules: readonly Rule[]): MeshPassthrough => ({
  type: "MeshPassthrough",
  meta: { form: "universal", mesh: "default", name: "p", displayName: "p", labels: {}, annotations: {} },
  mode: "Matched",
  rules,
});

const HALVES = ["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"] as const;

test("law: the rules that L401 reports change nothing together, and without them each of the others does", () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 10 }), (rules) => {
      const left = lean([policyOf(rules)])[0]?.rules ?? [];
      expect(equal(rulesSpace(left), rulesSpace(rules))).toBe(true);
      for (const one of left)
        expect(equal(rulesSpace(left.filter((other) => other !== one)), rulesSpace(rules))).toBe(false);
    }),
    { numRuns: 400 },
  );
});

test("law: so it is where blocks add up to all addresses", () => {
  const wide = fc
    .record({
      half: fc.constantFrom(...HALVES),
      protocol: fc.constantFrom("tcp", "tls"),
      port: fc.constantFrom("", " 443"),
    })
    .map(({ half, protocol, port }) => ruleOf(`CIDR ${half} ${protocol}${port}`));
  fc.assert(
    fc.property(fc.array(fc.oneof(wide, rule), { maxLength: 12 }), (rules) => {
      const left = lean([policyOf(rules)])[0]?.rules ?? [];
      expect(equal(rulesSpace(left), rulesSpace(rules))).toBe(true);
      for (const one of left)
        expect(equal(rulesSpace(left.filter((other) => other !== one)), rulesSpace(rules))).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("law: without the rules that L401 reports in any policy, every proxy may reach what it could before", () => {
  fc.assert(
    fc.property(policySet, dataplane, mesh, (policies, proxy, theMesh) => {
      const before = policySpace(effectivePolicy(theMesh, policies, proxy));
      expect(equal(policySpace(effectivePolicy(theMesh, lean(policies), proxy)), before)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("law: a selector that includes another selects all that the other selects; equal keys select the same", () => {
  fc.assert(
    fc.property(policySet, dataplane, (policies, proxy) => {
      for (const outer of policies)
        for (const inner of policies) {
          const [a, b] = [selectorOf(outer), selectorOf(inner)];
          if (b === undefined) expect(selects(inner, proxy).selected).toBe(false);
          if (a === undefined || b === undefined || !includes(a, b)) continue;
          if (selects(inner, proxy).selected) expect(selects(outer, proxy).selected).toBe(true);
          expect(selectorKey(a) === selectorKey(b)).toBe(includes(b, a));
        }
    }),
    { numRuns: 500 },
  );
});

test("law: findings do not depend on the order of rules, policies and proxies", () => {
  const shuffled = policySet.chain((policies) =>
    fc.tuple(
      fc.constant(policies),
      fc
        .tuple(...policies.map((policy) => permutation(policy.rules).map((rules) => ({ ...policy, rules }))))
        .chain((list) => permutation(list)),
    ),
  );
  fc.assert(
    fc.property(shuffled, fc.array(dataplane, { maxLength: 3 }), mesh, ([policies, others], proxies, theMesh) => {
      const found = (list: readonly MeshPassthrough[], dataplanes: readonly Dataplane[]) =>
        lint(input(list, dataplanes, theMesh), { enable: ALL, now: NOW })
          .map(({ code, resource, message }) => `${code} ${resource} ${message}`)
          .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      expect(found(others, proxies.toReversed())).toEqual(found(policies, proxies));
    }),
    { numRuns: 500 },
  );
});

function permutation<T>(list: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length });
}
