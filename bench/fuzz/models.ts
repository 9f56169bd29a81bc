import { randomFrom } from "../../test/e2e/random-policies.ts";
import { randomArrival } from "./arrivals.ts";
import { type Disagreement, judgeMatcher } from "./disagreement.ts";
import { randomPolicy } from "./policies.ts";
import { shrink } from "./shrink.ts";

/** How much was compared, and the first thing that was wrong, made small. */
export interface Compared {
  readonly policies: number;
  readonly pairs: number;
  readonly found?: Disagreement;
}

const PAIRS_A_POLICY = 300;
const LIMITS = { maxRules: 24, isValid: false } as const;

/** `decide` against the model of the matcher tree, until `isOver`: each policy is compiled once. The seed says all. */
export function compareModels(seed: number, isOver: (policies: number) => boolean): Compared {
  const random = randomFrom(seed);
  let [policies, pairs] = [0, 0];
  for (; !isOver(policies); policies++) {
    const policy = randomPolicy(random, LIMITS);
    const judge = judgeMatcher(policy);
    for (let i = 0; i < PAIRS_A_POLICY; i++, pairs++) {
      const arrival = { ...randomArrival(random, policy, { isSendable: false }), ...(i % 50 === 0 && { isOwn: true }) };
      const what = judge(arrival);
      if (what !== undefined) return { policies, pairs, found: shrink({ policy, arrival, what }, judgeMatcher) };
    }
  }
  return { policies, pairs };
}
