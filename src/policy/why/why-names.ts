import { decide, differences } from "../decide/index.ts";
import {
  atAddress,
  type Connection,
  type EffectivePolicy,
  type Rule,
  type Sourced,
  type Verdict,
} from "../model/index.ts";
import { ipFromBits } from "../net/index.ts";
import {
  type ConnectionClass,
  connectionClasses,
  difference,
  intersection,
  isEmpty,
  policySpace,
  witness,
} from "../space/index.ts";
import { type Question, questionSpace } from "./question.ts";
import { blockOf, rulesInForce } from "./why.ts";

/** The answer for a connection whose name is not known, nor perhaps its address. Exact. */
export type WhyNames =
  /** One verdict for all of them. `because` is that of `example`, one of them. */
  | {
      readonly verdict: "allow" | "deny";
      readonly example: Connection;
      readonly because: Verdict;
      /** For an allow by rules: all that admit one of the connections. */
      readonly admitting: readonly Sourced<Rule>[];
    }
  | {
      readonly verdict: "depends";
      readonly allowed: readonly ConnectionClass[];
      /** Those of `allowed` and these are all that was asked about. */
      readonly denied: readonly ConnectionClass[];
      readonly admitting: readonly Sourced<Rule>[];
      /** One that is denied, and why. */
      readonly example: Connection;
      readonly because: Verdict;
    };

/** Why may connections that differ in their names leave, or not? */
export function whyNames(policy: EffectivePolicy, question: Question): WhyNames {
  const asked = questionSpace(question);
  const allowed = policySpace(policyAt(policy, question));
  const denied = difference(asked, allowed);
  const admitting = rulesInForce(policy).filter(({ value }) => admitsSome(value, question));
  const example = witness(denied) ?? somewhere(question);
  const because = decide(policy, example);
  if (because.kind === "allow") return { verdict: "allow", example, because, admitting };
  const both = intersection(asked, allowed);
  if (isEmpty(both)) return { verdict: "deny", example, because, admitting };
  const [allowedClasses, deniedClasses] = [connectionClasses(both), connectionClasses(denied)];
  return { verdict: "depends", allowed: allowedClasses, denied: deniedClasses, admitting, example, because };
}

/** Does the rule admit one of the connections? A Domain rule admits some name, whichever it is. */
function admitsSome(rule: Rule, { connection }: Question): boolean {
  if (rule.protocol === "tcp" && rule.match.type === "Domain") return false;
  const block = blockOf(rule);
  const ip = connection.destination.ip ?? (block === undefined ? ANYWHERE : ipFromBits(block.family, block.base));
  return differences(rule, atAddress(connection, ip)).every((difference) => difference === "name");
}

const ANYWHERE = ipFromBits(4, 0n);

/** One of the connections. */
const somewhere = ({ connection }: Question): Connection =>
  atAddress(connection, connection.destination.ip ?? ANYWHERE);

/** The policy without the rules of other ports than the one that is asked about. */
export const policyAt = (policy: EffectivePolicy, { connection: { destination } }: Question): EffectivePolicy => ({
  ...policy,
  rules: policy.rules.filter(({ value: { port } }) => port === undefined || port === destination.port),
});
