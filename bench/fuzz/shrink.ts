import type { EffectivePolicy } from "../../src/policy/model/index.ts";
import type { Arrival } from "../../src/simulate/index.ts";
import type { Disagreement, Judge } from "./disagreement.ts";

/** The same fault with as few rules, and as little said of the connection, as still show it. */
export function shrink(found: Disagreement, judgeOf: (policy: EffectivePolicy) => Judge): Disagreement {
  let best = found;
  for (let next = simpler(best, judgeOf); next !== undefined; next = simpler(best, judgeOf)) best = next;
  return best;
}

function simpler(
  { policy, arrival }: Disagreement,
  judgeOf: (policy: EffectivePolicy) => Judge,
): Disagreement | undefined {
  for (const i of policy.rules.keys()) {
    const fewer = { ...policy, rules: policy.rules.toSpliced(i, 1) };
    const what = judgeOf(fewer)(arrival);
    if (what !== undefined) return { policy: fewer, arrival, what };
  }
  const judge = judgeOf(policy);
  for (const plainer of plainerThan(arrival)) {
    const what = judge(plainer);
    if (what !== undefined) return { policy, arrival: plainer, what };
  }
  return undefined;
}

function* plainerThan(arrival: Arrival): Generator<Arrival> {
  for (const field of ["upgrade", "contentType", "authority", "isSilent", "isOwn"] as const) {
    if (arrival[field] === undefined) continue;
    const { [field]: _, ...rest } = arrival;
    yield rest;
  }
}
