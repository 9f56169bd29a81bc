/** From a policy to the bytes for Envoy, against Kuma's generator as it ran on another machine. */
import { type EncodedResources, type EnvoySettings, encodeEnvoy } from "../../src/compile/envoy/index.ts";
import { buildTable } from "../../src/compile/table/index.ts";
import { check } from "../../src/policy/check/index.ts";
import { effectivePolicy } from "../../src/policy/merge/index.ts";
import type { EffectivePolicy, MeshPassthrough } from "../../src/policy/model/index.ts";
import { mixedResources } from "../rule-mix.ts";
import type { Measured } from "../run.ts";
import { promised } from "./floors.ts";
import { factorToThisMachine, GENERATOR } from "./kuma.ts";
import { CHANGES, type Change, changedRule, policyOfMix, read } from "./rules.ts";
import { count, meanCpu, milliseconds, shortest } from "./statistics.ts";

const SETTINGS: EnvoySettings = {
  outboundPort: 15_001,
  rawPort: 15_003,
  inspectionTimeoutMs: 5_000,
  accessLog: "file",
};
const REPEATS = 60;
/** Rules beyond which the time of one rule is looked at once more. */
const MANY = 100_000;
/** Sorting is not linear, and caches end somewhere. */
const STILL_LINEAR = 2;

export function compileTimes(rules: number): Measured[] {
  const policy = policyOfMix(rules);
  const wholeMs = shortest(REPEATS, () => compile(policy));
  return [...againstKuma(rules, wholeMs), growth(rules, policy)];
}

const compile = (policy: EffectivePolicy): EncodedResources => encodeEnvoy(buildTable(policy), SETTINGS);

function againstKuma(rules: number, wholeMs: number): Measured[] {
  const peer = GENERATOR.get(rules);
  if (peer === undefined) return [];
  const { factor, said } = factorToThisMachine();
  const changes = CHANGES.map((change) => ({ change, ms: changeMs(rules, change) }));
  const worstMs = Math.max(...changes.map(({ ms }) => ms));
  return [
    promised(rules, 1 / 5, {
      question: `${count(rules)} rules compiled to bytes, from nothing`,
      ours: milliseconds(wholeMs),
      against: `Kuma's generator, ${milliseconds(peer.resourcesMs)}${said}`,
      ratio: wholeMs / (peer.resourcesMs * factor),
    }),
    promised(rules, 1 / 15, {
      question: `one of ${count(rules)} rules changed, from the changed policy to bytes`,
      ours: changes.map(({ change, ms }) => `${change} ${milliseconds(ms)}`).join(", "),
      against: `Kuma, the same way, ${milliseconds(peer.policyToBytesMs)}${said}`,
      ratio: worstMs / (peer.policyToBytesMs * factor),
    }),
  ];
}

/** Selected, merged, compiled and encoded after a policy was read again, in which one rule is another one; ms. */
function changeMs(rules: number, change: Change): number {
  const checked = check([{ file: "mix.yaml", text: mixedResources(rules) }]);
  const resources = checked.resources.map(({ resource }) => resource);
  const policies = resources.filter((one) => one.type === "MeshPassthrough");
  const mesh = resources.find((one) => one.type === "Mesh");
  const dataplane = resources.find((one) => one.type === "Dataplane");
  const [first, ...others] = policies;
  if (first === undefined || dataplane === undefined) throw new Error("impossible: the mix has both");
  let table = buildTable(effectivePolicy(mesh, policies, dataplane));
  let encoded = encodeEnvoy(table, SETTINGS);
  let best = Number.POSITIVE_INFINITY;
  for (let k = 0; k < REPEATS; k++) {
    const changed: MeshPassthrough = {
      ...first,
      rules: first.rules.map((rule, i) => changedRule(i, change, k) ?? read(rule.written)),
    };
    const started = performance.now();
    table = buildTable(effectivePolicy(mesh, [changed, ...others], dataplane), table);
    encoded = encodeEnvoy(table, SETTINGS, encoded);
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

function growth(rules: number, few: EffectivePolicy): Measured {
  const many = policyOfMix(MANY);
  const ruleMs = meanCpu(2 * REPEATS, () => compile(few)) / rules;
  const manyMs = meanCpu(REPEATS / 4, () => compile(many));
  return {
    question: `${count(MANY)} rules compiled to bytes: CPU of one rule`,
    ours: `${((1000 * manyMs) / MANY).toFixed(2)} µs, ${milliseconds(manyMs)} in all`,
    against: `${(1000 * ruleMs).toFixed(2)} µs at ${count(rules)}`,
    ratio: manyMs / MANY / ruleMs,
    ...(rules >= 1_000 && { limit: STILL_LINEAR }),
  };
}
