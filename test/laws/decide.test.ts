import fc from "fast-check";
import { expect, test } from "vitest";
import { admits, decide } from "../../src/policy/decide/index.ts";
import type { Connection, EffectivePolicy, Rule, Verdict } from "../../src/policy/model/index.ts";
import { formatCidr, formatDomainPattern, formatIp, width } from "../../src/policy/net/index.ts";
import {
  connection,
  connectionNear,
  matchedPolicy,
  policyAndConnection,
  reordered,
  rule,
  sourcedRules,
} from "./arbitraries.ts";
import { effective, ruleOf } from "./builders.ts";

const RUNS = { numRuns: 3000 };

const withRules = (policy: EffectivePolicy, rules: EffectivePolicy["rules"]): EffectivePolicy => ({ ...policy, rules });

/** Sources in a fixed order: the order of the rules is not part of a verdict. */
function sourcesOf(verdict: Verdict): string[] {
  const reasons = verdict.reasons.map((r) => (r.kind === "rule" ? `${r.source.name}#${r.source.index}` : r.kind));
  return [...new Set(reasons)].sort((a, b) => (a < b ? -1 : 1));
}

test("law: permuting or duplicating rules changes no verdict, and no near miss but by repeating it", () => {
  const lists = reordered(sourcedRules).chain(([rules, again]) =>
    fc.tuple(
      fc.constant([effective("Matched", []), rules, again] as const),
      rules.length === 0
        ? connection
        : fc.oneof(
            connection,
            fc.constantFrom(...rules).chain((r) => connectionNear(r.value)),
          ),
    ),
  );
  fc.assert(
    fc.property(lists, ([[policy, rules, again], c]) => {
      const [before, after] = [decide(withRules(policy, rules), c), decide(withRules(policy, again), c)];
      expect(after.kind).toBe(before.kind);
      expect(sourcesOf(after)).toEqual(sourcesOf(before));
      const shuffled = decide(withRules(policy, again.slice(0, rules.length)), c);
      if (before.kind === "deny") expect(shuffled).toEqual(before);
    }),
    RUNS,
  );
});

test("law: adding a rule to a Matched configuration never turns allow into deny", () => {
  fc.assert(
    fc.property(policyAndConnection(matchedPolicy), rule, fc.nat(8), ([policy, c], extra, place) => {
      const source = { mesh: "default", name: "added", displayName: "added", index: 0 };
      const more = withRules(policy, policy.rules.toSpliced(place, 0, { value: extra, source }));
      if (decide(policy, c).kind === "allow") expect(decide(more, c).kind).toBe("allow");
      if (admits(extra, c)) expect(decide(more, c).kind).toBe("allow");
    }),
    RUNS,
  );
});

test("law: All allows and None denies whatever the rules, and Matched without rules denies", () => {
  fc.assert(
    fc.property(policyAndConnection(matchedPolicy), ([policy, c]) => {
      const rules = policy.rules.map(({ value }) => value);
      expect(decide(effective("All", rules), c).kind).toBe("allow");
      expect(decide(effective("None", rules), c).kind).toBe("deny");
      expect(decide(effective("Matched", []), c).kind).toBe("deny");
    }),
    RUNS,
  );
});

test("law: a deny in mode Matched has no admitting rule; an allow names rules that admit it each on its own, and all of them", () => {
  fc.assert(
    fc.property(policyAndConnection(matchedPolicy), ([policy, c]) => {
      const verdict = decide(policy, c);
      const alone = policy.rules.filter((one) => decide(withRules(policy, [one]), c).kind === "allow");
      const named = verdict.reasons.flatMap((reason) => (reason.kind === "rule" ? [reason.source] : []));
      expect(named).toEqual(alone.map(({ source }) => source));
      expect(verdict.kind).toBe(alone.length > 0 ? "allow" : "deny");
      if (verdict.kind === "deny") expect(verdict.reasons.map(({ kind }) => kind)).toEqual(["no rule admits"]);
    }),
    RUNS,
  );
});

test("law: every verdict has a reason, and where nothing is enforced it is allow", () => {
  fc.assert(
    fc.property(policyAndConnection(), ([policy, c]) => {
      const verdict = decide(policy, c);
      expect(verdict.reasons.length).toBeGreaterThan(0);
      if (policy.enforced !== true) expect(verdict.kind).toBe("allow");
    }),
    RUNS,
  );
});

const FACTS = {
  tls: ["kind", "destination", "serverName"],
  http: ["kind", "destination", "version", "host", "isGrpc"],
  opaque: ["kind", "destination"],
} as const;

test("law: decide reads the facts of §1 and nothing else, and changes nothing", () => {
  fc.assert(
    fc.property(policyAndConnection(), ([policy, c]) => {
      const read = new Set<string | symbol>();
      const watch = <T>(key: string | symbol, value: T): T => {
        read.add(key);
        return value;
      };
      const watched: Connection = new Proxy(Object.freeze({ ...c }), {
        get: (target, key) => watch(key, Reflect.get(target, key)),
        has: (target, key) => watch(key, Reflect.has(target, key)),
        ownKeys: (target) => watch("all keys", Reflect.ownKeys(target)),
      });
      const verdict = decide(policy, watched);
      expect([...read].filter((key) => !FACTS[c.kind].some((fact) => fact === key))).toEqual([]);
      expect(decide(policy, c)).toEqual(verdict);
    }),
    RUNS,
  );
});

/** Other ways to write the same rule: case, trailing dot, host bits, v4-mapped addresses, an address as a block. */
function respellings(of: Rule): Rule[] {
  const { written, match } = of;
  const again = (value: string, type = written.type): Rule => ruleOf({ ...written, value, type });
  if (match.type === "Domain") {
    const text = formatDomainPattern(match.pattern);
    return text === "*" ? [again(text)] : [text, text.toUpperCase(), `${text}.`].map((value) => again(value));
  }
  if (match.type === "IP") {
    const text = formatIp(match.ip);
    const block = again(`${text}/${width(match.ip.family)}`, "CIDR");
    return match.ip.family === 4 ? [again(`::ffff:${text}`), block] : [again(text.toUpperCase()), block];
  }
  const { family, base, prefix } = match.block;
  const hostBits = (1n << BigInt(width(family) - prefix)) - 1n;
  const last = formatIp({ family, bits: base + hostBits });
  const mapped = family === 4 ? [again(`::ffff:${last}/${prefix + 96}`)] : [];
  return [again(formatCidr(match.block)), again(`${last}/${prefix}`), ...mapped];
}

const normalised = ({ match, protocol, port }: Rule) => ({ match, protocol, port });

test("law: the way a rule is written changes no verdict", () => {
  const cases = rule.chain((one) => fc.tuple(fc.constant(one), fc.oneof(connection, connectionNear(one))));
  fc.assert(
    fc.property(cases, ([one, c]) => {
      for (const other of respellings(one)) expect(admits(other, c)).toBe(admits(one, c));
    }),
    RUNS,
  );
});

test("law: normalising a rule is idempotent, and two writings of it are one rule", () => {
  fc.assert(
    fc.property(rule, (one) => {
      for (const other of respellings(one)) {
        if (other.match.type !== one.match.type) continue;
        expect(normalised(other)).toEqual(normalised(one));
        for (const next of respellings(other))
          if (next.match.type === one.match.type) expect(normalised(next)).toEqual(normalised(one));
      }
    }),
    RUNS,
  );
});
