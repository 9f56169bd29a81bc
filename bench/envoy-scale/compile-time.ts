/** From a policy to the bytes for Envoy, against Kuma's generator as it ran on another machine. */
import { type EnvoySettings, encodeEnvoy } from "../../src/compile/envoy/index.ts";
import { buildTable } from "../../src/compile/table/index.ts";
import type { EffectivePolicy } from "../../src/policy/model/index.ts";
import type { Measured } from "../run.ts";
import { promised } from "./floors.ts";
import { GENERATOR, slownessOfThisMachine } from "./kuma.ts";
import { policyOfMix, withChange } from "./rules.ts";
import { count, milliseconds, shortest } from "./statistics.ts";

const SETTINGS: EnvoySettings = {
  outboundPort: 15_001,
  rawPort: 15_003,
  inspectionTimeoutMs: 5_000,
  accessLog: "file",
};
const REPEATS = 15;
/** Rules beyond which the time of one rule is looked at once more. */
const MANY = 100_000;
/** Sorting is not linear, and caches end somewhere. */
const STILL_LINEAR = 2;

export function compileTimes(rules: number): Measured[] {
  const policy = policyOfMix(rules);
  const wholeMs = shortest(REPEATS, () => compile(policy));
  let k = 0;
  const changedMs = shortest(REPEATS, () => compile(withChange(policy, "tls", k++)));
  return [...againstKuma(rules, wholeMs, changedMs), growth(wholeMs / rules, rules)];
}

const compile = (policy: EffectivePolicy): void => void encodeEnvoy(buildTable(policy), SETTINGS);

function againstKuma(rules: number, wholeMs: number, changedMs: number): Measured[] {
  const peer = GENERATOR.get(rules);
  if (peer === undefined) return [];
  const slowness = slownessOfThisMachine();
  const note = `, this machine ${slowness.toFixed(2)} times as slow`;
  const [resourcesMs, policyToBytesMs] = [peer.resourcesMs * slowness, peer.policyToBytesMs * slowness];
  return [
    promised(rules, 1 / 5, {
      question: `compile ${count(rules)} rules to bytes`,
      ours: milliseconds(wholeMs),
      against: `Kuma's generator, ${milliseconds(peer.resourcesMs)}${note}`,
      ratio: wholeMs / resourcesMs,
    }),
    promised(rules, 1 / 15, {
      question: `one of ${count(rules)} rules changed, to bytes`,
      ours: milliseconds(changedMs),
      against: `Kuma, from policy to bytes, ${milliseconds(peer.policyToBytesMs)}${note}`,
      ratio: changedMs / policyToBytesMs,
    }),
  ];
}

function growth(ruleMs: number, rules: number): Measured {
  const policy = policyOfMix(MANY);
  const manyMs = shortest(3, () => compile(policy));
  return {
    question: `compile ${count(MANY)} rules: time of one rule`,
    ours: `${((1000 * manyMs) / MANY).toFixed(2)} µs, ${milliseconds(manyMs)} in all`,
    against: `${(1000 * ruleMs).toFixed(2)} µs at ${count(rules)}`,
    ratio: manyMs / MANY / ruleMs,
    ...(rules >= 1_000 && { limit: STILL_LINEAR }),
  };
}
