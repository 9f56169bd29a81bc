import { decide } from "../decide/index.ts";
import type { LabelContext } from "../labels/index.ts";
import { selectPolicies, selects } from "../match/index.ts";
import { mergePolicies, notEnforced } from "../merge/index.ts";
import {
  type Dataplane,
  type EffectivePolicy,
  type Mesh,
  type MeshPassthrough,
  type NearMiss,
  type PolicyRef,
  policyRef,
  type Rule,
  type WrittenRule,
} from "../model/index.ts";
import {
  breadth,
  type ConnectionClass,
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
import { matchesFor, mayStandBeside, protocolBeside, ruleOf, widened } from "./edit-rules.ts";
import { newPolicyFor } from "./new-policy.ts";
import { type Question, questionSpace } from "./question.ts";
import { policyAt } from "./why-names.ts";

/** The resources round a proxy. Labels are computed. */
export interface Situation {
  readonly dataplane: Dataplane;
  readonly mesh: Mesh | undefined;
  readonly policies: readonly MeshPassthrough[];
  /** Every proxy, for saying whom else an edit concerns. */
  readonly dataplanes: readonly Dataplane[];
  readonly context: LabelContext;
}

/** A change of one policy that allows what was asked about. */
export interface Edit {
  /**
   * `add rule`: at the end of the list. `change rule`: `was` becomes `rule`. `set mode`: `passthroughMode: Matched`, and
   * the rule. `new policy`: a policy that selects the proxy.
   */
  readonly kind: "add rule" | "change rule" | "set mode" | "new policy";
  /** With the index of the rule, but for a new policy. */
  readonly policy: PolicyRef;
  readonly rule: WrittenRule;
  readonly was?: WrittenRule;
  /** The policy as it is after the edit. */
  readonly resource: MeshPassthrough;
  /** All that this proxy may then send beyond what was asked about. Exact. */
  readonly lets: readonly ConnectionClass[];
  /** Other proxies that the policy selects, and that enforce it. */
  readonly alsoFor: readonly { readonly mesh: string; readonly name: string }[];
}

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
  const drafts = before.mode.value === "Matched" ? [...additions(bench), ...changes(bench)] : modeChanges(bench);
  const weighed = [...drafts, ...newPolicies(bench, drafts)].flatMap((draft) => weigh(draft, bench));
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

interface Bench {
  readonly question: Question;
  readonly situation: Situation;
  /** Lowest precedence first. */
  readonly selecting: readonly MeshPassthrough[];
  readonly before: EffectivePolicy;
  readonly denied: Space;
  readonly nearest: readonly NearMiss[];
  /** What is allowed already on the port that is asked about. */
  readonly allowedHere: Space;
}

type Draft = Omit<Edit, "lets" | "alsoFor">;

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

/** A rule of its own for each destination, in the policy that concerns fewest other proxies; a near miss's for this port. */
function additions({ question, selecting, nearest, situation }: Bench): readonly Draft[] {
  const { port } = question.connection.destination;
  const hosts = byPreference(selecting, situation, nearest);
  const fresh = matchesFor(question).flatMap((match) => firstOf(hosts, (policy) => added(policy, match, question)));
  const moved = nearest.flatMap(({ rule, differs, source }) => {
    const policy = selecting.find(({ meta }) => meta.name === source.name);
    if (policy === undefined || differs.length !== 1 || differs[0] !== "port") return [];
    return addedRule(policy, { ...rule.written, port });
  });
  return [...fresh, ...moved];
}

function firstOf(
  policies: readonly MeshPassthrough[],
  make: (policy: MeshPassthrough) => readonly Draft[],
): readonly Draft[] {
  for (const policy of policies) {
    const made = make(policy);
    if (made.length > 0) return made;
  }
  return [];
}

function added(
  policy: MeshPassthrough,
  match: Pick<WrittenRule, "type" | "value">,
  question: Question,
): readonly Draft[] {
  const protocol = protocolBeside(policy.rules, question);
  if (protocol === undefined) return [];
  return addedRule(policy, { ...match, port: question.connection.destination.port, protocol });
}

function addedRule(policy: MeshPassthrough, written: WrittenRule): readonly Draft[] {
  const rule = ruleOf(written);
  if (rule === undefined || !mayStandBeside(policy.rules, rule)) return [];
  const resource = { ...policy, rules: [...policy.rules, rule] };
  return [{ kind: "add rule", policy: policyRef(policy, policy.rules.length), rule: written, resource }];
}

/** Near misses that are widened until they fit. */
function changes({ nearest, question, selecting }: Bench): readonly Draft[] {
  return nearest.flatMap((miss) => {
    const { source } = miss;
    const policy = selecting.find(({ meta }) => meta.name === source.name);
    if (policy === undefined || source.index === undefined) return [];
    const others = policy.rules.filter((_, i) => i !== source.index);
    return widened(miss, question).flatMap((written): readonly Draft[] => {
      const rule = ruleOf(written);
      if (rule === undefined || !mayStandBeside(others, rule)) return [];
      const resource = { ...policy, rules: policy.rules.with(source.index ?? 0, rule) };
      return [{ kind: "change rule", policy: source, rule: written, was: miss.rule.written, resource }];
    });
  });
}

function nearMisses(policy: EffectivePolicy, denied: Space): readonly NearMiss[] {
  const example = witness(denied);
  const verdict = example === undefined ? undefined : decide(policy, example);
  return verdict?.reasons.flatMap((reason) => (reason.kind === "no rule admits" ? reason.nearest : [])) ?? [];
}

/** Where no rule counts: mode Matched, and the rule, in the policy that decides the mode; if none does, in any. */
function modeChanges({ question, selecting, before, situation }: Bench): readonly Draft[] {
  const { source } = before.mode;
  const deciding =
    typeof source === "string"
      ? byPreference(selecting, situation, [])
      : selecting.filter(({ meta }) => meta.name === source.name);
  return matchesFor(question).flatMap((match) =>
    firstOf(deciding, (policy) =>
      added(policy, match, question).map((draft) => ({
        ...draft,
        kind: "set mode",
        resource: { ...draft.resource, mode: "Matched" },
      })),
    ),
  );
}

/** A policy of its own for the narrowest rule, unless a policy that concerns no more proxies can take it. */
function newPolicies({ question, situation }: Bench, drafts: readonly Draft[]): readonly Draft[] {
  const { port } = question.connection.destination;
  const [match] = matchesFor(question);
  const protocol = protocolBeside([], question);
  const rule = match === undefined || protocol === undefined ? undefined : ruleOf({ ...match, port, protocol });
  const resource = rule === undefined ? undefined : newPolicyFor(rule, situation);
  if (rule === undefined || resource === undefined) return [];
  const others = othersOf(resource, situation).length;
  const isNeedless = drafts.some(
    (draft) => draft.kind !== "change rule" && othersOf(draft.resource, situation).length <= others,
  );
  return isNeedless ? [] : [{ kind: "new policy", policy: policyRef(resource), rule: rule.written, resource }];
}

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

function othersOf(policy: MeshPassthrough, { dataplane, dataplanes }: Situation): readonly Dataplane[] {
  return dataplanes.filter(
    (other) =>
      (other.meta.name !== dataplane.meta.name || other.meta.mesh !== dataplane.meta.mesh) &&
      notEnforced(other) === undefined &&
      selects(policy, other).selected,
  );
}

/** Policies that concern fewer other proxies first, then those of near misses, then by precedence, the highest first. */
function byPreference(
  selecting: readonly MeshPassthrough[],
  situation: Situation,
  nearest: readonly NearMiss[],
): readonly MeshPassthrough[] {
  const ranked = selecting.map((policy, precedence) => ({
    policy,
    others: othersOf(policy, situation).length,
    near: nearest.some(({ source }) => source.name === policy.meta.name) ? 0 : 1,
    precedence,
  }));
  ranked.sort((a, b) => a.others - b.others || a.near - b.near || b.precedence - a.precedence);
  return ranked.map(({ policy }) => policy);
}
