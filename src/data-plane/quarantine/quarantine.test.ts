import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { connection as anyConnection } from "../../../test/laws/connection-arbitraries.ts";
import { decide } from "../../policy/decide/index.ts";
import { parseRule, type Rule, type Sourced } from "../../policy/model/index.ts";
import type { Conflict } from "./conflicts.ts";
import { LIMITS, quarantine, renderQuarantined } from "./quarantine.ts";
import { ruleText } from "./rule-text.ts";
import { findConflicts } from "./search.ts";
import { envoysWords, type Trial } from "./trial.ts";

/** An Envoy that rejects whatever holds all of one of these. */
const rejecting =
  (conflicts: readonly (readonly string[])[]) =>
  async (rules: readonly string[]): Promise<Trial> => {
    const has = new Set(rules);
    const hit = conflicts.find((conflict) => conflict.every((rule) => has.has(rule)));
    return hit === undefined ? { kind: "accepted" } : { kind: "rejected", why: `no ${hit.join("+")}` };
  };

const names = (count: number) => Array.from({ length: count }, (_, i) => `r${i}`);

describe("the search", () => {
  const scene = fc.integer({ min: 1, max: 60 }).chain((count) =>
    fc.record({
      rules: fc.constant(names(count)),
      taken: fc.integer({ min: 0, max: count }),
      conflicts: fc.array(fc.subarray(names(count), { minLength: 1, maxLength: Math.min(3, count) }), {
        minLength: 1,
        maxLength: 6,
      }),
    }),
  );

  test("law: Envoy takes what is left, and not one rule more; each finding is minimal; few are asked", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ rules, taken, conflicts }) => {
        const envoy = rejecting(conflicts);
        let trials = 0;
        const found = await findConflicts(rules, taken, async (some) => {
          trials++;
          return envoy(some);
        });
        expect(found.kind).toBe("found");
        const out = new Set(found.conflicts.map((conflict) => conflict.rules.at(-1)));
        const left = rules.filter((rule) => !out.has(rule));
        expect(await envoy(left)).toEqual({ kind: "accepted" });
        for (const rule of out) expect((await envoy([...left, rule ?? ""])).kind).toBe("rejected");
        for (const { rules: some, why } of found.conflicts) {
          expect(await envoy(some)).toMatchObject({ kind: "rejected", why });
          for (const one of some)
            expect(await envoy(some.filter((rule) => rule !== one))).toEqual({ kind: "accepted" });
        }
        const halvings = Math.ceil(Math.log2(rules.length)) + 3;
        expect(trials).toBeLessThanOrEqual(3 + found.conflicts.length * 6 * halvings);
      }),
      { numRuns: 400 },
    );
  });

  test("one bad rule added to 10,000 that Envoy has takes three trials, one among 10,000 new ones some twenty", async () => {
    const rules = names(10_000);
    const count = async (taken: number, bad: string) => {
      let trials = 0;
      const envoy = rejecting([[bad]]);
      await findConflicts(rules, taken, (some) => {
        trials++;
        return envoy(some);
      });
      return trials;
    };
    expect(await count(9_999, "r9999")).toBe(3);
    expect(await count(0, "r6543")).toBeLessThan(25);
  });

  test("names nothing where no rule is at fault, or the answers do not fit together", async () => {
    const accepted: Trial = { kind: "accepted" };
    const rejected: Trial = { kind: "rejected", why: "port in use" };
    const ends = async (answers: readonly Trial[]) => {
      const queue = [...answers];
      return findConflicts(["a", "b"], 0, async () => queue.shift() ?? accepted);
    };
    expect(await ends([accepted])).toMatchObject({ why: "a throw-away Envoy takes it, so no rule is at fault" });
    expect(await ends([rejected, rejected])).toMatchObject({ why: /without any rule, too: port in use/ });
    expect(await ends([rejected, accepted, rejected, accepted])).toMatchObject({ why: /rejects and takes/ });
    expect(await ends([{ kind: "unknown", why: "no answer" }])).toMatchObject({ why: "no answer", conflicts: [] });
  });
});

function rule(text: string, index: number): Sourced<Rule> {
  const [protocol = "", type = "", value = "", port] = text.split(" ");
  const parsed = parseRule({ protocol, type, value, ...(port !== undefined && { port: Number(port) }) });
  if (!parsed.ok) throw new Error(text);
  return { value: parsed.value, source: { mesh: "default", name: index < 2 ? "p" : "q", displayName: "p", index } };
}
const rulesOf = (...texts: string[]) => texts.map(rule);

describe("a quarantine", () => {
  const [A, B, C] = ["tls Domain a.test 443", "tls Domain *.b.test", "tcp CIDR 203.0.113.0/24 9000"] as const;
  const envoy = (...conflicts: string[][]) => {
    const take = rejecting(conflicts);
    return (rules: readonly Sourced<Rule>[]) => take(rules.map(({ value }) => ruleText(value)));
  };

  test("finds a rule by what it says, wherever it stands, and forgets it when it is gone or says something else", async () => {
    const one = quarantine({ limits: LIMITS });
    const rules = rulesOf(A, "tls Domain *.B.test.", C, B);
    expect(await one.search({ rules, taken: [], tryOut: envoy([B]) })).toBeUndefined();
    expect(one.sift(rules)).toEqual({
      kept: [rules[0], rules[2]],
      quarantined: [{ rule: B, policies: ["p#1", "q#3"], why: `no ${B}` }],
    });
    expect(one.sift(rulesOf(C, B)).kept).toHaveLength(1);
    expect(one.sift(rulesOf(A, C)).quarantined).toEqual([]);
    expect(one.sift(rulesOf(B)).quarantined).toEqual([]);
  });

  test("leaves out the youngest of rules that are rejected together, and takes it back when another one goes", async () => {
    const one = quarantine({ limits: LIMITS });
    const rules = rulesOf(B, A, C);
    expect(await one.search({ rules, taken: rulesOf(A), tryOut: envoy([A, B]) })).toBeUndefined();
    expect(one.sift(rules).quarantined).toEqual([{ rule: B, policies: ["p#0"], why: `no ${A}+${B}`, with: [A] }]);
    expect(one.sift(rulesOf(B, C)).quarantined).toEqual([]);
  });

  test("asks no more Envoys than it may, says so, and goes on from there the next time", async () => {
    const all = Array.from({ length: 40 }, (_, i) => `tls Domain n${i}.test 443`);
    const bad = all.filter((_, i) => i % 3 === 1);
    const one = quarantine({ limits: { trials: 30, ms: 1e9 } });
    let asked = 0;
    const tryOut = (rules: readonly Sourced<Rule>[]) => {
      asked++;
      return envoy(...bad.map((text) => [text]))(rules);
    };
    const search = () => one.search({ rules: one.sift(rulesOf(...all)).kept, taken: [], tryOut });
    expect(await search()).toBe("the search ended after 30 trials");
    expect([asked, one.trials]).toEqual([30, 30]);
    expect(one.known.length).toBeGreaterThan(0);
    for (let more = 0; more < 10 && (await search()) !== undefined; more++);
    expect(
      one
        .sift(rulesOf(...all))
        .quarantined.map((q) => q.rule)
        .sort(),
    ).toEqual([...bad].sort());
  });

  test("law: whatever it leaves out, nothing is allowed that was not", () => {
    const known = (rules: readonly Sourced<Rule>[]): fc.Arbitrary<Conflict[]> =>
      fc
        .array(
          fc.subarray(
            rules.map(({ value }) => ruleText(value)),
            { minLength: Math.min(1, rules.length) },
          ),
        )
        .map((sets) => sets.map((texts) => ({ rules: texts, why: "no" })));
    const scenes = effectivePolicy.chain((policy) => fc.tuple(fc.constant(policy), known(policy.rules), anyConnection));
    fc.assert(
      fc.property(scenes, ([policy, conflicts, connection]) => {
        const { kept } = quarantine({ limits: LIMITS, known: conflicts }).sift(policy.rules);
        expect(policy.rules).toEqual(expect.arrayContaining([...kept]));
        const [wanted, enforced] = [decide(policy, connection), decide({ ...policy, rules: kept }, connection)];
        expect(enforced.kind === "deny" || wanted.kind === "allow").toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("says which rules, in how many words however many there are", () => {
    const many = Array.from({ length: 12 }, (_, i) => ({
      rule: `r${i}`,
      policies: ["p#1", "q#2"],
      why: "x".repeat(900),
    }));
    expect(renderQuarantined([{ rule: A, policies: ["p#1"], why: "no", with: [B] }])).toBe(
      `1 rule is in quarantine, everything else is in force; envoy rejects \`${A}\` of p#1 together with \`${B}\`: no`,
    );
    expect(renderQuarantined(many)).toMatch(/^12 rules are in quarantine.*; and 2 more$/);
    expect(renderQuarantined(many).length).toBeLessThan(4_000);
  });
});

test("Envoy's words are those about the configuration", () => {
  const said = [
    "[2026-11-22 05:11:54.448][7325][critical][main] [source/server/config_validation/server.cc:76] error initializing configuration '/dev/fd/4/trial.pb': cannot create it: no 'ip'",
    "",
  ].join("\n");
  expect(envoysWords(said)).toBe("cannot create it: no 'ip'");
  expect(envoysWords("[x][1][error][y] [z.cc:1] oops\n")).toBe("oops");
  expect(envoysWords("")).toBe("no reason given");
});
