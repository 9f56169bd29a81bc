import type { EffectivePolicy, PolicyRef, Rule } from "../../policy/model/index.ts";
import { formatCidr, formatDomainPattern, formatIp } from "../../policy/net/index.ts";
import type { Attribution } from "./attribution.ts";

/** How often a rule admitted something. Times are ms since 1970, when the connection or request began. */
export interface RuleCount {
  hits: number;
  /** Those of them that no other rule admitted. */
  only: number;
  first: number;
  last: number;
}

/** What an agent that comes back goes on from. */
export interface SavedRuleCounts {
  readonly counts: readonly (readonly [key: string, hits: number, only: number, first: number, last: number])[];
  /** Rules that came later than counting began. */
  readonly added: readonly (readonly [key: string, at: number])[];
}

/** One rule of the policy in force. */
export interface RuleRow {
  readonly rule: Rule;
  readonly source: PolicyRef;
  /** Since when it is in force and counted. */
  readonly since: number;
  readonly count: RuleCount | undefined;
}

/** Counters by policy and content of a rule: they survive whatever is edited around it. */
export interface RuleCounters {
  /** Positions as {@link Attribution} gives them. */
  hit(by: Attribution, rules: readonly number[], at: number): void;
  /** Another policy is in force. */
  changed(change: {
    readonly before: EffectivePolicy;
    readonly after: EffectivePolicy;
    /** ms since 1970. */
    readonly at: number;
  }): void;
  rows(policy: EffectivePolicy): RuleRow[];
  save(): SavedRuleCounts;
}

/** Counters kept of rules that are no longer in force: an edit that is taken back finds them. */
const MAX_GONE = 1_000;

/** `since`: when counting began. */
export function ruleCounters(since: number, saved?: SavedRuleCounts): RuleCounters {
  const counts = new Map<string, RuleCount>();
  for (const [key, hits, only, first, last] of saved?.counts ?? []) counts.set(key, { hits, only, first, last });
  const added = new Map<string, number>(saved?.added);
  /** By position, so that a hit needs no text. */
  let slots: { readonly of: Attribution; readonly counts: (RuleCount | undefined)[] } | undefined;

  const countAt = (by: Attribution, i: number): RuleCount | undefined => {
    if (slots?.of !== by) slots = { of: by, counts: [] };
    const there = slots.counts[i];
    if (there !== undefined) return there;
    const rule = by.policy.rules[i];
    if (rule === undefined) return undefined;
    const key = ruleKey(rule.value, rule.source);
    let count = counts.get(key);
    if (count === undefined) {
      count = { hits: 0, only: 0, first: Number.POSITIVE_INFINITY, last: 0 };
      counts.set(key, count);
    }
    slots.counts[i] = count;
    return count;
  };
  const forgetGone = (keys: ReadonlySet<string>) => {
    for (const key of added.keys()) if (!keys.has(key)) added.delete(key);
    const gone = [...counts].filter(([key]) => !keys.has(key));
    if (gone.length <= MAX_GONE) return;
    gone.sort(([, a], [, b]) => a.last - b.last);
    for (const [key] of gone.slice(0, gone.length - MAX_GONE)) counts.delete(key);
    slots = undefined;
  };

  return {
    hit(by, rules, at) {
      // one rule twice in a policy is one rule
      const hit = rules.length === 1 ? rules : [...new Map(rules.map((i) => [countAt(by, i), i])).values()];
      for (const i of hit) {
        const count = countAt(by, i);
        if (count === undefined) continue;
        count.hits++;
        if (hit.length === 1) count.only++;
        if (at < count.first) count.first = at;
        if (at > count.last) count.last = at;
      }
    },
    changed({ before, after, at }) {
      const was = new Set(before.rules.map(({ value, source }) => ruleKey(value, source)));
      const is = new Set(after.rules.map(({ value, source }) => ruleKey(value, source)));
      for (const key of is) if (!was.has(key)) added.set(key, at);
      forgetGone(is);
    },
    rows: ({ rules }) =>
      rules.map(({ value: rule, source }) => {
        const key = ruleKey(rule, source);
        return { rule, source, since: Math.max(since, added.get(key) ?? 0), count: counts.get(key) };
      }),
    save: () => ({
      counts: [...counts].map(([key, { hits, only, first, last }]) => [key, hits, only, first, last]),
      added: [...added],
    }),
  };
}

/** Policy and content, however written; not the position, which changes when a rule is put before it. */
function ruleKey({ match, protocol, port }: Rule, { mesh, name }: PolicyRef): string {
  return `${mesh}/${name} ${protocol} ${matchText(match)} ${port ?? "*"}`;
}

/** The value of a rule in its canonical spelling. */
export function matchText(match: Rule["match"]): string {
  if (match.type === "IP") return formatIp(match.ip);
  return match.type === "CIDR" ? formatCidr(match.block) : formatDomainPattern(match.pattern);
}
