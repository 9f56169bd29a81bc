import { decide } from "../decide/index.ts";
import { selectPolicies } from "../match/index.ts";
import { mergePolicies } from "../merge/index.ts";
import type { Dataplane, EffectivePolicy, MeshPassthrough, NearMiss, Rule } from "../model/index.ts";
import {
  breadth,
  connectionClasses,
  difference,
  isEmpty,
  policyDifference,
  policySpace,
  rulesMayMeet,
  rulesSpace,
  type Space,
  witness,
} from "../space/index.ts";
import type { Edit, Situation } from "./edit.ts";
import { type Desk, type Draft, draftEdits, othersOf } from "./edit-drafts.ts";
import { ruleOf } from "./edit-rules.ts";
import { type Question, questionSpace } from "./question.ts";
import { policyAt } from "./why-names.ts";

const MAX_EDITS = 6;

/**
 * The smallest edits that allow all that is asked about, at most six, those first that let out least besides. None where
 * it is allowed already, and where no rule says just that: an unknown address, bytes without a name.
 */
export function proposeEdits(question: Question, situation: Situation): readonly Edit[] {
  const { dataplane, mesh, policies } = situation;
  const selecting = selectPolicies(policies, dataplane);
  const before = mergePolicies(mesh, selecting, dataplane);
  if (before.enforced !== true) return [];
  const allowedHere = policySpace(policyAt(before, question));
  const denied = difference(questionSpace(question), allowedHere);
  if (isEmpty(denied)) return [];
  const nearest = nearMisses(before, denied);
  const bench: Bench = { question, situation, selecting, before, denied, nearest, allowedHere };
  const weighed = draftEdits(bench).flatMap((draft) => weigh(draft, bench));
  const kept = new Map<string, Weighed>();
  for (const one of weighed.sort(byWeight)) {
    const { kind, rule, policy } = one.draft;
    const key = JSON.stringify([kind, rule, policy.name]);
    if (!kept.has(key)) kept.set(key, one);
  }
  return [...kept.values()].slice(0, MAX_EDITS).map(({ draft, others, lets }) => ({
    ...draft,
    lets: connectionClasses(lets),
    alsoFor: others.map(({ meta: { mesh, name } }) => ({ mesh, name })),
  }));
}

interface Bench extends Desk {
  readonly denied: Space;
  /** What is allowed already on the port that is asked about. */
  readonly allowedHere: Space;
}

function nearMisses(policy: EffectivePolicy, denied: Space): readonly NearMiss[] {
  const example = witness(denied);
  const verdict = example === undefined ? undefined : decide(policy, example);
  return verdict?.reasons.flatMap((reason) => (reason.kind === "no rule admits" ? reason.nearest : [])) ?? [];
}

interface Weighed {
  readonly draft: Draft;
  /** Other proxies that it concerns. */
  readonly others: readonly Dataplane[];
  readonly lets: Space;
  readonly weight: bigint;
}

const KINDS: readonly Edit["kind"][] = ["add rule", "change rule", "set mode", "new policy"];

const byWeight = (a: Weighed, b: Weighed): number =>
  (a.weight < b.weight ? -1 : a.weight > b.weight ? 1 : 0) || KINDS.indexOf(a.draft.kind) - KINDS.indexOf(b.draft.kind);

/** The edit with what it does; nothing where it does not allow all that was asked about. */
function weigh(draft: Draft, bench: Bench): readonly Weighed[] {
  const gained = gainedBy(draft, bench);
  if (!isEmpty(difference(bench.denied, gained))) return [];
  const others = othersOf(draft.resource, bench.situation);
  const lets = difference(gained, questionSpace(bench.question));
  const forOthers = others.length === 0 ? 0n : BigInt(others.length) * breadth(gained);
  return [{ draft, others, lets, weight: breadth(lets) + forOthers }];
}

/** All that is allowed after the edit and was not before. */
function gainedBy(draft: Draft, { before, selecting, situation, question, allowedHere }: Bench): Space {
  const rule = ruleOf(draft.rule);
  if (rule !== undefined && (draft.kind === "add rule" || draft.kind === "change rule")) {
    // What is not of the rule was allowed before: the rule comes in addition, or admits all that the old one did.
    const isHere = rule.port === question.connection.destination.port;
    return difference(rulesSpace([rule]), isHere ? allowedHere : rulesSpace(rulesNear(rule, before)));
  }
  const { dataplane, mesh, policies } = situation;
  const isKnown = (policy: MeshPassthrough): boolean => policy.meta.name === draft.policy.name;
  const selected =
    draft.kind === "set mode"
      ? selecting.map((policy) => (isKnown(policy) ? draft.resource : policy))
      : selectPolicies([...policies, draft.resource], dataplane);
  return policyDifference(mergePolicies(mesh, selected, dataplane), before);
}

/** The rules that could admit something that the rule admits. */
const rulesNear = (rule: Rule, policy: EffectivePolicy): readonly Rule[] =>
  policy.rules.map(({ value }) => value).filter((other) => rulesMayMeet(rule, other));
