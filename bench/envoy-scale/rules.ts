/** The mix of rules as what a proxy enforces, and single rules of it changed. */
import type { ProxyPolicy } from "../../src/compile/agent/index.ts";
import { type EffectivePolicy, parseRule, type Rule, type WrittenRule } from "../../src/policy/model/index.ts";
import { mixedRule } from "../rule-mix.ts";

const SOURCE = { mesh: "default", name: "mix", displayName: "mix" };

/** The rules that a changed one is taken from: by their place in the mix, a TLS name, an HTTP name, a tcp block. */
export const CHANGES = ["tls", "http", "tcp"] as const;
export type Change = (typeof CHANGES)[number];

const PLACE: Readonly<Record<Change, number>> = { tls: 0, http: 6, tcp: 8 };

/** What a changed rule says instead; `k` makes each different. */
const REPLACEMENT: Readonly<Record<Change, (k: number) => Partial<WrittenRule>>> = {
  tls: (k) => ({ value: `changed-${k}.example.com` }),
  http: (k) => ({ value: `changed-${k}.example.org` }),
  tcp: (k) => ({ value: `172.16.${k % 256}.0/24` }),
};

/** `count` rules of the mix in force. */
export const policyOfMix = (count: number): EffectivePolicy =>
  policyOf(Array.from({ length: count }, (_, i) => read(mixedRule(i))));

/** The same with one rule replaced, whatever else was replaced before. */
export function withChange(policy: EffectivePolicy, change: Change, k: number): EffectivePolicy {
  const rules = policy.rules.map((old, i) => {
    const value = changedRule(i, change, k);
    return value === undefined ? old : { ...old, value };
  });
  return { ...policy, rules };
}

/** What stands at place `i` instead of the rule of the mix, if it is the place of that change. */
export function changedRule(i: number, change: Change, k: number): Rule | undefined {
  const at = PLACE[change];
  return i === at ? read({ ...mixedRule(at), ...REPLACEMENT[change](k) }) : undefined;
}

/** A policy of these rules alone. */
export const policyOf = (rules: readonly Rule[]): EffectivePolicy => ({
  enforced: true,
  mode: { value: "Matched", source: SOURCE },
  rules: rules.map((value, index) => ({ value, source: { ...SOURCE, index } })),
});

/** Parsed as every rule is; what cannot be parsed is a fault of the bench. */
export function read(written: WrittenRule): Rule {
  const parsed = parseRule(written);
  if (!parsed.ok) throw new Error(`${JSON.stringify(written)}: ${parsed.reason}`);
  return parsed.value;
}

export const OWNER = { mesh: "default", name: "web-1" };

/** What a control plane tells the agent of {@link OWNER}. */
export const proxyPolicy = (policy: EffectivePolicy): ProxyPolicy => ({
  mesh: OWNER.mesh,
  proxy: OWNER.name,
  policy,
  policies: [SOURCE],
  redirectPortOutbound: 15_001,
  ipFamilyMode: "UnSpecified",
});
