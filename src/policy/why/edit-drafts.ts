import { selects } from "../match/index.ts";
import { notEnforced } from "../merge/index.ts";
import {
  type Dataplane,
  type EffectivePolicy,
  type MeshPassthrough,
  type NearMiss,
  policyRef,
  type WrittenRule,
} from "../model/index.ts";
import type { Edit, Situation } from "./edit.ts";
import { matchesFor, mayStandBeside, protocolBeside, ruleOf, widened } from "./edit-rules.ts";
import { newPolicyFor } from "./new-policy.ts";
import type { Question } from "./question.ts";

/** What drafts are made from. */
export interface Desk {
  readonly question: Question;
  readonly situation: Situation;
  /** The policies that select the proxy, lowest precedence first. */
  readonly selecting: readonly MeshPassthrough[];
  readonly before: EffectivePolicy;
  /** Rules that came near one of the connections that are denied. */
  readonly nearest: readonly NearMiss[];
}

/** An edit of which it is not yet known what it does. */
export type Draft = Omit<Edit, "lets" | "alsoFor">;

/** Every edit worth weighing; some may turn out not to allow all that is asked about. */
export function draftEdits(desk: Desk): readonly Draft[] {
  const drafts = desk.before.mode.value === "Matched" ? [...additions(desk), ...changes(desk)] : modeChanges(desk);
  return [...drafts, ...newPolicies(desk, drafts)];
}

/** A rule of its own for each destination, in the policy that concerns fewest other proxies; a near miss's for this port. */
function additions({ question, selecting, nearest, situation }: Desk): readonly Draft[] {
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
function changes({ nearest, question, selecting }: Desk): readonly Draft[] {
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

/** Where no rule counts: mode Matched, and the rule, in the policy that decides the mode; if none does, in any. */
function modeChanges({ question, selecting, before, situation }: Desk): readonly Draft[] {
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
function newPolicies({ question, situation }: Desk, drafts: readonly Draft[]): readonly Draft[] {
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

/** The other proxies that a policy selects, and that enforce it. */
export function othersOf(policy: MeshPassthrough, { dataplane, dataplanes }: Situation): readonly Dataplane[] {
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
