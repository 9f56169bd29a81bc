import type { EffectivePolicy } from "../model/index.ts";
import { type ConnectionClass, connectionClasses, policyDifference } from "../space/index.ts";

/** What a change of policies does to the connections of one proxy. Exact: nothing missed, nothing invented. */
export interface EgressDiff {
  /** Denied before, allowed now. */
  readonly allowed: readonly ConnectionClass[];
  /** Allowed before, denied now. */
  readonly denied: readonly ConnectionClass[];
}

/** Compare two effective policies of one proxy. Both lists are empty exactly if every connection has the same verdict. */
export function diff(before: EffectivePolicy, after: EffectivePolicy): EgressDiff {
  return {
    allowed: connectionClasses(policyDifference(after, before)),
    denied: connectionClasses(policyDifference(before, after)),
  };
}
