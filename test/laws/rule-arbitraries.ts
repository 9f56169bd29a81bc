/** Generated rules and effective policies. The alphabets are small, so that rules meet each other. */
import fc from "fast-check";
import {
  type EffectivePolicy,
  MODES,
  PROTOCOLS,
  type Rule,
  type Sourced,
  type WrittenRule,
} from "../../src/policy/model/index.ts";
import { port, ruleOf } from "./builders.ts";

/** Values of Domain rules, some of them two ways to write one. */
export const DOMAINS = [
  "*",
  "*.test",
  "*.a.test",
  "*.X.a.test",
  "a.test",
  "A.test.",
  "b.test",
  "x.a.test",
  "test",
] as const;

export const ADDRESSES = [
  "10.0.0.1",
  "10.0.0.2",
  "::ffff:10.0.0.2",
  "10.1.0.0",
  "2001:db8::1",
  "2001:DB8:0::2",
  "::a00:1",
] as const;

export const BLOCKS = [
  "0.0.0.0/0",
  "10.0.0.0/8",
  "10.0.0.1/24",
  "10.0.0.2/32",
  "::ffff:10.0.0.0/127",
  "128.0.0.0/1",
  "::/0",
  "2001:db8::7/64",
  "2001:db8::1/128",
  "::fffe:0:0/96",
] as const;

export const PORTS = [80, 443, 9000].map(port);

/** Probability 1 / 4 that there is none. */
export const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 3 });

/** An entry of `appendMatch` that validation takes. */
export const writtenRule: fc.Arbitrary<WrittenRule> = fc
  .record({
    address: fc.oneof(
      fc.record({ type: fc.constant("Domain" as const), value: fc.constantFrom(...DOMAINS) }),
      fc.record({ type: fc.constant("IP" as const), value: fc.constantFrom(...ADDRESSES) }),
      fc.record({ type: fc.constant("CIDR" as const), value: fc.constantFrom(...BLOCKS) }),
    ),
    protocol: fc.constantFrom(...PROTOCOLS),
    port: maybe(fc.constantFrom(...PORTS)),
  })
  .filter(({ address, protocol }) => address.type !== "Domain" || protocol !== "tcp")
  .map(({ address, protocol, port }) =>
    port === undefined ? { ...address, protocol } : { ...address, protocol, port },
  );

export const rule: fc.Arbitrary<Rule> = writtenRule.map(ruleOf);

/** Rules of three policies, each rule with an index of its own. */
export const sourcedRules: fc.Arbitrary<Sourced<Rule>[]> = fc
  .array(fc.tuple(rule, fc.constantFrom("p", "q", "r")), { maxLength: 8 })
  .map((rules) =>
    rules.map(([value, name], index) => ({ value, source: { mesh: "default", name, displayName: name, index } })),
  );

/** An effective policy in mode Matched that is enforced. */
export const matchedPolicy: fc.Arbitrary<EffectivePolicy> = sourcedRules.map((rules) => ({
  enforced: true,
  mode: { value: "Matched", source: { mesh: "default", name: "p", displayName: "p" } },
  rules,
}));

/** Any effective policy; most are enforced, and in mode Matched. */
export const effectivePolicy: fc.Arbitrary<EffectivePolicy> = fc
  .record({
    policy: matchedPolicy,
    mode: fc.oneof({ weight: 5, arbitrary: fc.constant("Matched" as const) }, fc.constantFrom(...MODES)),
    source: fc.constantFrom("mesh" as const, "default" as const, { mesh: "default", name: "q", displayName: "q" }),
    enforced: fc.oneof(
      { weight: 9, arbitrary: fc.constant(true as const) },
      fc.constantFrom({ not: "builtin gateway" as const }, { not: "no transparent proxy" as const }),
    ),
  })
  .map(({ policy, mode, source, enforced }) => ({ ...policy, enforced, mode: { value: mode, source } }));
