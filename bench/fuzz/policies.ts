/** Random policies whose rules meet: names that share labels, blocks in blocks, few ports. */
import {
  type EffectivePolicy,
  isL7,
  type Mode,
  PROTOCOLS,
  parseRule,
  type Rule,
  type WrittenRule,
} from "../../src/policy/model/index.ts";
import { pick } from "../../test/e2e/random-policies.ts";

/** Numbers below 1. */
export type Random = () => number;

export const below = (random: Random, end: number): number => Math.floor(random() * end);

const PORTS = [80, 80, 443, 443, 8080, 9000, 1, 65_535];
const LABELS = ["a", "b", "aa", "x", "a-b", "_s", "w1"];
const ZONES = ["test", "a.test", "b.test", "example.com", "x.a.test", "com"];
const V4 = [
  "10.0.0.0",
  "10.0.0.1",
  "10.0.0.127",
  "10.0.0.128",
  "10.0.1.255",
  "10.1.0.0",
  "203.0.113.10",
  "198.51.100.255",
];
const V6 = ["2001:db8::", "2001:db8::1", "2001:db8::ff", "2001:db8:0:1::", "2001:DB8:0:0:1::", "::a00:1", "fd00::1"];
const V4_LENGTHS = [0, 1, 8, 15, 16, 22, 24, 25, 30, 31, 32];
const V6_LENGTHS = [0, 1, 32, 48, 63, 64, 96, 112, 120, 127, 128];

export interface PolicyLimits {
  readonly maxRules: number;
  /** Only rules that validation takes. */
  readonly isValid: boolean;
}

/** Most in mode Matched, one in twenty each All or None. */
export function randomPolicy(random: Random, limits: PolicyLimits): EffectivePolicy {
  const dice = random();
  const mode = dice < 0.05 ? "All" : dice < 0.1 ? "None" : "Matched";
  // Few rules show what each does, many how they meet.
  const count = below(random, random() < 0.5 ? 5 : limits.maxRules + 1);
  return policyOf(
    mode,
    Array.from({ length: count }, () => randomRule(random, limits)),
  );
}

/** One to three rules more or fewer; now and then another mode. */
export function editedPolicy(random: Random, { mode, rules }: EffectivePolicy, limits: PolicyLimits): EffectivePolicy {
  const kept = rules.map(({ value }) => value);
  if (mode.value !== "Matched") return policyOf("Matched", kept);
  if (random() < 0.05) return policyOf(random() < 0.5 ? "All" : "None", kept);
  for (let i = below(random, 3); i >= 0; i--) {
    if (random() < 0.5 && kept.length > 0) kept.splice(below(random, kept.length), 1);
    else if (kept.length < limits.maxRules) kept.splice(below(random, kept.length + 1), 0, randomRule(random, limits));
  }
  return policyOf("Matched", kept);
}

/** The policy that holds these rules, each with an index of its own. */
export function policyOf(mode: Mode, rules: readonly Rule[]): EffectivePolicy {
  const ref = { mesh: "default", name: "p", displayName: "p" };
  return {
    enforced: true,
    mode: { value: mode, source: ref },
    rules: rules.map((value, index) => ({ value, source: { ...ref, index } })),
  };
}

function randomRule(random: Random, limits: PolicyLimits): Rule {
  const protocol = pick(random, PROTOCOLS);
  const isName = protocol !== "tcp" && random() < 0.6;
  const value = isName ? randomName(random) : randomAddress(random);
  const needsPort = limits.isValid && isName && isL7(protocol) && value.startsWith("*");
  const type = isName ? "Domain" : value.includes("/") ? "CIDR" : "IP";
  const written: WrittenRule = { type, value, protocol };
  const rule = parseRule(needsPort || random() < 0.75 ? { ...written, port: pick(random, PORTS) } : written);
  if (!rule.ok) throw new Error(`a bad random rule: ${JSON.stringify(written)}: ${rule.help}`);
  return rule.value;
}

function randomName(random: Random): string {
  const dice = random();
  if (dice < 0.05) return "*";
  const name = random() < 0.3 ? pick(random, ZONES) : `${pick(random, LABELS)}.${pick(random, ZONES)}`;
  if (dice < 0.4) return `*.${name}`;
  return dice < 0.5 ? pick(random, [name.toUpperCase(), `${name}.`]) : name;
}

function randomAddress(random: Random): string {
  const isV4 = random() < 0.6;
  const address = pick(random, isV4 ? V4 : V6);
  const isMapped = isV4 && random() < 0.1;
  const text = isMapped ? `::ffff:${address}` : address;
  if (random() < 0.3) return text;
  return `${text}/${pick(random, isV4 ? V4_LENGTHS : V6_LENGTHS) + (isMapped ? 96 : 0)}`;
}
