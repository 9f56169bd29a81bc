import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../../src/policy/decide/index.ts";
import { type DiffGroup, type DiffReport, diff, diffProxies, type ProxyPolicy } from "../../src/policy/diff/index.ts";
import {
  addressed,
  type EffectivePolicy,
  formatConnection,
  parseConnection,
  type Rule,
  type Sourced,
} from "../../src/policy/model/index.ts";
import { cidrOf, formatCidr, width } from "../../src/policy/net/index.ts";
import { viewClass } from "../../src/policy/space/index.ts";
import { connection, connectionNear, effectivePolicy } from "./arbitraries.ts";
import { dataplane, meta, must, ruleOf } from "./builders.ts";
import { enough } from "./enough.ts";

/** Connections asked where two policies are said to be equal: some thousands, or `SALLYPORT_CONNECTIONS=1000000`. */
const CONNECTIONS = Number(process.env.SALLYPORT_CONNECTIONS ?? 5000);
const A_PAIR = 50;

/** Other rules that together admit what the rule does. */
function sameMeaning({ value: rule, source }: Sourced<Rule>): readonly Sourced<Rule>[] {
  const { match, written } = rule;
  const as = (type: "IP" | "CIDR" | "Domain", value: string) => ({
    source,
    value: ruleOf({ ...written, type, value }),
  });
  if (match.type === "Domain") {
    if (match.pattern.kind !== "suffix") return [{ value: rule, source }];
    return [
      { value: rule, source },
      as("Domain", `*.x.${match.pattern.rest}`),
      as("Domain", `y.${match.pattern.rest}`),
    ];
  }
  const block = match.type === "IP" ? cidrOf(match.ip.family, match.ip.bits, width(match.ip.family)) : match.block;
  if (block.prefix === width(block.family)) return [as("CIDR", formatCidr(block))];
  const half = 1n << BigInt(width(block.family) - block.prefix - 1);
  return [0n, half].map((offset) =>
    as("CIDR", formatCidr({ ...cidrOf(block.family, block.base, block.prefix + 1), base: block.base + offset })),
  );
}

const rewritten = (policy: EffectivePolicy): fc.Arbitrary<EffectivePolicy> =>
  fc
    .array(fc.boolean(), { minLength: policy.rules.length, maxLength: policy.rules.length })
    .map((choices) => policy.rules.flatMap((rule, i) => (choices[i] === true ? sameMeaning(rule) : [rule])))
    .chain((rules) => fc.shuffledSubarray(rules, { minLength: rules.length }))
    .map((rules) => ({ ...policy, rules }));

const pair = effectivePolicy.chain((a) => fc.tuple(fc.constant(a), fc.oneof(rewritten(a), effectivePolicy)));

describe("diff", () => {
  test(`law: where diff says equal, random connections agree (${CONNECTIONS} of them)`, { timeout: 3_600_000 }, () => {
    let asked = 0;
    let rewrites = 0;
    const near = pair.chain(([a, b]) => {
      const rules = [...a.rules, ...b.rules];
      const one =
        rules.length === 0
          ? connection
          : fc.oneof(
              connection,
              fc.constantFrom(...rules).chain((r) => connectionNear(r.value)),
            );
      return fc.tuple(fc.constant(a), fc.constant(b), fc.array(one, { minLength: A_PAIR, maxLength: A_PAIR }));
    });
    const ask = fc.property(near, ([a, b, connections]) => {
      const { allowed, denied } = diff(a, b);
      if (allowed.length + denied.length > 0) return;
      if (a.rules.length !== b.rules.length) rewrites++;
      for (const c of connections) {
        asked++;
        expect(decide(a, c).kind, formatConnection(c)).toBe(decide(b, c).kind);
      }
    });
    for (let seed = 1; asked < CONNECTIONS; seed++) fc.assert(ask, { numRuns: 100, seed });
    expect(rewrites).toBeGreaterThan(enough(0));
  });

  test("law: a rewriting that keeps the meaning is no difference", () => {
    fc.assert(
      fc.property(
        effectivePolicy.chain((a) => fc.tuple(fc.constant(a), rewritten(a))),
        ([a, b]) => {
          expect(diff(a, b)).toEqual({ allowed: [], denied: [] });
        },
      ),
      { numRuns: 500 },
    );
  });

  test("law: a witness as text is what decide confirms", () => {
    fc.assert(
      fc.property(effectivePolicy, effectivePolicy, (a, b) => {
        for (const { witness } of diff(a, b).denied) {
          const read = addressed(must(parseConnection(formatConnection(witness))));
          expect(read).toEqual(witness);
          if (read !== undefined) expect([decide(a, read).kind, decide(b, read).kind]).toEqual(["allow", "deny"]);
        }
      }),
      { numRuns: 500 },
    );
  });
});

const withFewerRules = (policy: EffectivePolicy): fc.Arbitrary<EffectivePolicy> =>
  fc.subarray([...policy.rules]).map((rules) => ({ ...policy, rules }));

/** Up to six proxies with few different policies, each name once. */
const proxies: fc.Arbitrary<ProxyPolicy[]> = fc
  .array(effectivePolicy, { minLength: 1, maxLength: 3 })
  // Policies made from the same resources share their rules.
  .chain((policies) => fc.tuple(fc.constant(policies), fc.constantFrom(...policies).chain(withFewerRules)))
  .map(([policies, fewer]) => [...policies, fewer])
  .chain((policies) =>
    fc.uniqueArray(fc.tuple(fc.constantFrom("m", "n"), fc.constantFrom("a", "b", "c"), fc.constantFrom(...policies)), {
      selector: ([mesh, name]) => `${mesh}/${name}`,
      maxLength: 6,
    }),
  )
  .map((all) =>
    all.map(([mesh, name, effective]) => ({ effective, dataplane: dataplane({ meta: meta(name, { mesh }) }) })),
  );

const plain = ({ groups, unchanged }: DiffReport) => ({
  unchanged,
  groups: groups.map((g) => ({ ...g, allowed: g.allowed.map(viewClass), denied: g.denied.map(viewClass) })),
});

const MIRRORED = { changed: "changed", added: "removed", removed: "added" } as const;

function mirrored({ groups, unchanged }: DiffReport): DiffReport {
  const turned = groups.map(({ enforcement, kind, allowed, denied, proxies }): DiffGroup => {
    const { before, after } = enforcement ?? {};
    const swapped = { ...(after && { before: after }), ...(before && { after: before }) };
    return {
      kind: MIRRORED[kind],
      allowed: denied,
      denied: allowed,
      proxies,
      ...(enforcement && { enforcement: swapped }),
    };
  });
  return { unchanged, groups: turned };
}

const byContent = (groups: readonly object[]): string[] =>
  groups.map((g) => JSON.stringify(Object.entries(g).sort())).sort();

describe("diff of sets of proxies", () => {
  test("law: a set does not differ from itself, and the mirror of a difference is that of the mirrored sets", () => {
    fc.assert(
      fc.property(proxies, proxies, (a, b) => {
        expect(diffProxies(a, a)).toEqual({ groups: [], unchanged: a.length });
        const [there, back] = [plain(mirrored(diffProxies(a, b))), plain(diffProxies(b, a))];
        expect(there.unchanged).toBe(back.unchanged);
        expect(byContent(there.groups)).toEqual(byContent(back.groups));
      }),
      { numRuns: 200 },
    );
  });

  test("law: each proxy is in one group or unchanged, and its group says what its own policies say", () => {
    fc.assert(
      fc.property(proxies, proxies, (a, b) => {
        const { groups, unchanged } = diffProxies(a, b);
        const names = groups.flatMap((g) => g.proxies.map(({ mesh, name }) => `${mesh}/${name}`));
        const nameOf = ({ dataplane: { meta } }: ProxyPolicy) => `${meta.mesh}/${meta.name}`;
        const all = new Set([...a, ...b].map(nameOf));
        expect(new Set(names).size).toBe(names.length);
        expect(names.length + unchanged).toBe(all.size);
        for (const name of all) {
          const [before, after] = [a, b].map((set) => set.find((p) => nameOf(p) === name)?.effective);
          const group = groups.find((g) => g.proxies.some((p) => `${p.mesh}/${p.name}` === name));
          expect(group?.kind === "added").toBe(before === undefined);
          expect(group?.kind === "removed").toBe(after === undefined);
          if (before === undefined || after === undefined) continue;
          const own = diff(before, after);
          expect(group?.allowed.map(viewClass) ?? []).toEqual(own.allowed.map(viewClass));
          expect(group?.denied.map(viewClass) ?? []).toEqual(own.denied.map(viewClass));
        }
      }),
      { numRuns: 200 },
    );
  });

  test("enforcement that ends is a difference, also where every connection was allowed before", () => {
    const all: EffectivePolicy = { enforced: true, mode: { value: "All", source: "mesh" }, rules: [] };
    const none: EffectivePolicy = { ...all, enforced: { not: "builtin gateway" } };
    const [before, after] = [all, none].map((effective) => [{ effective, dataplane: dataplane() }]);
    expect(diffProxies(before ?? [], after ?? [])).toMatchObject({
      unchanged: 0,
      groups: [
        { kind: "changed", allowed: [], denied: [], enforcement: { before: true, after: { not: "builtin gateway" } } },
      ],
    });
  });
});
