import type { EffectivePolicy } from "../model/index.ts";
import { difference, isEmpty, policySpace, type Space } from "../space/index.ts";
import { type ConnectionClass, connectionClasses } from "./classes.ts";

/** What a change of policies does to the connections of one proxy. Exact: nothing missed, nothing invented. */
export interface EgressDiff {
  /** Denied before, allowed now. */
  readonly allowed: readonly ConnectionClass[];
  /** Allowed before, denied now. */
  readonly denied: readonly ConnectionClass[];
}

/** Compare two effective policies of one proxy. Both lists are empty exactly if every connection has the same verdict. */
export function diff(before: EffectivePolicy, after: EffectivePolicy): EgressDiff {
  const [a, b] = [policySpace(before), policySpace(after)];
  return { allowed: classesOf(difference(b, a)), denied: classesOf(difference(a, b)) };
}

const classesOf = (space: Space): readonly ConnectionClass[] => (isEmpty(space) ? [] : connectionClasses(space));
