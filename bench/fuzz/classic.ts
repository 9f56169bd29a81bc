import { DIFFERENCES, reaches } from "../../src/compare/index.ts";
import { classicForProxy, outboundName } from "../../src/compile/classic/index.ts";
import type { Dataplane, EffectivePolicy, MeshPassthrough } from "../../src/policy/model/index.ts";
import { type Answer, type Arrival, type EnvoyModel, modelOf, type Resources } from "../../src/simulate/index.ts";
import { randomFrom } from "../../test/e2e/random-policies.ts";
import { dataplane, meta } from "../../test/laws/builders.ts";
import { randomArrival } from "./arrivals.ts";
import type { Disagreement, Judge } from "./disagreement.ts";
import { wantedAnswer } from "./disagreement.ts";
import type { Compared } from "./models.ts";
import { randomPolicy } from "./policies.ts";
import { shrink } from "./shrink.ts";

const ALL = new Set(DIFFERENCES);
const NONE: ReadonlySet<never> = new Set();
const PAIRS_A_POLICY = 200;
/** Few rules: of many, most lists have two that Kuma's Envoy does not take together. */
const LIMITS = { maxRules: 8, isValid: true } as const;

export const CLASSIC_DATAPLANE: Dataplane = dataplane();

/** One policy that gives the proxy these rules, as Kuma merges them. */
export const classicPolicy = ({ mode, rules }: EffectivePolicy): MeshPassthrough => ({
  type: "MeshPassthrough",
  meta: meta("p"),
  mode: mode.value,
  rules: rules.map(({ value }) => value),
});

/** Kuma's configuration for a policy; `frozen` where it generates none. */
export function classicResources(policy: EffectivePolicy): Resources | "frozen" {
  const { resources, error } = classicForProxy(undefined, [classicPolicy(policy)], CLASSIC_DATAPLANE);
  return error === undefined ? { ...resources, routes: [] } : "frozen";
}

/** What becomes of a connection, by its family. */
export const classicAnswer = (model: EnvoyModel, arrival: Arrival): Answer | undefined =>
  model.answer(outboundName(arrival.connection.destination.ip.family === 4 ? "ipv4" : "ipv6"), arrival);

/** What Kuma's chains do with an arrival that the named differences do not say; undefined for a policy without verdicts. */
export function judgeClassic(policy: EffectivePolicy): Judge | undefined {
  const resources = classicResources(policy);
  const model = resources === "frozen" ? undefined : modelOf(resources);
  if (model === undefined || model.faults.length > 0) return undefined;
  return (arrival) => {
    const answer = classicAnswer(model, arrival);
    if (answer === "unclear") return undefined;
    const predicted = reaches(policy, arrival, ALL);
    if ((answer === "admitted") !== predicted) return `classic model: ${answer}, predicted: ${predicted}`;
    const documented = reaches(policy, arrival, NONE);
    const wanted = arrival.isOwn === true ? "closed" : wantedAnswer(policy, arrival);
    return (wanted === "admitted") === documented
      ? undefined
      : `documented: ${wanted}, without differences: ${documented}`;
  };
}

/** How many policies had no verdicts stands beside. */
export interface ClassicCompared extends Compared {
  readonly refused: number;
  readonly different: number;
}

/** Kuma's chains, as the model runs them, against the named differences. The seed says all. */
export function compareClassic(seed: number, isOver: (policies: number) => boolean): ClassicCompared {
  const random = randomFrom(seed);
  const counts = { policies: 0, pairs: 0, refused: 0, different: 0 };
  const never = (): undefined => undefined;
  for (; !isOver(counts.policies); counts.policies++) {
    const policy = randomPolicy(random, LIMITS);
    const judge = judgeClassic(policy);
    if (judge === undefined) {
      counts.refused++;
      continue;
    }
    for (let i = 0; i < PAIRS_A_POLICY; i++, counts.pairs++) {
      const arrival = { ...randomArrival(random, policy, { isSendable: false }), ...(i % 50 === 0 && { isOwn: true }) };
      const what = judge(arrival);
      if (reaches(policy, arrival, ALL) !== reaches(policy, arrival, NONE)) counts.different++;
      if (what === undefined) continue;
      const found: Disagreement = shrink({ policy, arrival, what }, (p) => judgeClassic(p) ?? never);
      return { ...counts, found };
    }
  }
  return counts;
}
