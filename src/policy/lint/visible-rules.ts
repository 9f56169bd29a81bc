import { type Cover, type CoverIndex, coveredByMany, coveredByOne, createCoverIndex, type RuleAt } from "./cover.ts";
import { append } from "./multimap.ts";
import type { PolicyAt } from "./policy-at.ts";
import { includes, type Selector, selectorKey, selectorOf } from "./selector.ts";

/** What makes a rule superfluous. */
export interface Coverage {
  /** One rule, or several that together admit all of it. Never empty. */
  readonly by: readonly RuleAt[];
  /** All of them are in the policy of the rule itself. */
  readonly isSamePolicy: boolean;
}

/** Answers which rules make others superfluous on every proxy, whatever proxies there are. */
export interface VisibleRules {
  /** What admits all that a rule admits, on every proxy that its policy selects. */
  coverageOf(rule: RuleAt): Coverage | undefined;
}

/** Policies that select the same proxies. */
interface Group {
  readonly selector: Selector;
  readonly policies: PolicyAt[];
  index?: CoverIndex;
  covers?: readonly Cover[];
}

/** Every rule of a policy. */
export const rulesOf = (at: PolicyAt): RuleAt[] => at.resource.rules.map((rule, index) => ({ at, index, rule }));

/** Nothing is indexed before it is asked for. */
export function createVisibleRules(policies: readonly PolicyAt[]): VisibleRules {
  const groups = new Map<string, Group>();
  const groupOf = new Map<PolicyAt, Group>();
  for (const at of policies) {
    const selector = selectorOf(at.resource);
    if (selector === undefined) continue;
    const key = selectorKey(selector);
    const group = groups.get(key) ?? { selector, policies: [] };
    groups.set(key, group);
    group.policies.push(at);
    groupOf.set(at, group);
  }
  const wider = createWider([...groups.values()]);
  const ownIndexes = new WeakMap<PolicyAt, CoverIndex>();
  const ownIndex = (at: PolicyAt): CoverIndex => {
    const index = ownIndexes.get(at) ?? createCoverIndex(rulesOf(at));
    ownIndexes.set(at, index);
    return index;
  };
  const indexOf = (group: Group): CoverIndex => {
    group.index ??= createCoverIndex(group.policies.flatMap(rulesOf));
    return group.index;
  };
  const coversOf = (group: Group): readonly Cover[] => {
    group.covers ??= [group, ...wider(group.selector)].map((g) => ({ index: indexOf(g), isOwn: g === group }));
    return group.covers;
  };
  return {
    coverageOf(rule) {
      const own = covered(rule, [{ index: ownIndex(rule.at), isOwn: true }]);
      if (own !== undefined) return { by: own, isSamePolicy: true };
      const group = groupOf.get(rule.at);
      if (group === undefined) return undefined;
      const by = covered(rule, coversOf(group));
      return by === undefined ? undefined : { by, isSamePolicy: false };
    },
  };
}

function covered(rule: RuleAt, covers: readonly Cover[]): readonly RuleAt[] | undefined {
  for (const { index } of covers) {
    const one = coveredByOne(rule, index);
    if (one !== undefined) return [one];
  }
  return coveredByMany(rule, covers);
}

/** The groups that select more than a selector does. Each is filed under what it asks for that fewest others ask for. */
function createWider(groups: readonly Group[]): (selector: Selector) => Group[] {
  const asked = new Map<string, number>();
  for (const { selector } of groups)
    for (const demand of demandsOf(selector)) asked.set(demand, (asked.get(demand) ?? 0) + 1);
  const filed = new Map<string, Group[]>();
  for (const group of groups) {
    let rarest: string | undefined;
    for (const demand of demandsOf(group.selector))
      if (rarest === undefined || (asked.get(demand) ?? 0) < (asked.get(rarest) ?? 0)) rarest = demand;
    append(filed, rarest ?? mesh(group.selector), group);
  }
  return (selector) => {
    const keys = new Set([mesh(selector), ...demandsOf(selector)]);
    for (const tag of Object.keys(selector.tags ?? {})) keys.add(demand(selector, tag, "*"));
    return [...keys]
      .flatMap((key) => filed.get(key) ?? [])
      .filter((other) => includes(other.selector, selector) && selectorKey(other.selector) !== selectorKey(selector))
      .sort((a, b) => compareText(selectorKey(a.selector), selectorKey(b.selector)));
  };
}

const mesh = (selector: Selector): string => JSON.stringify([selector.mesh]);
const demand = (selector: Selector, tag: string, value: string): string => JSON.stringify([selector.mesh, tag, value]);

function demandsOf(selector: Selector): string[] {
  const tags = Object.entries(selector.tags ?? {}).map(([tag, value]) => demand(selector, tag, value));
  return selector.namespace === undefined ? tags : [...tags, JSON.stringify([selector.mesh, selector.namespace])];
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
