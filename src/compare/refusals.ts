import { type ClassicResources, compileClassic } from "../compile/classic/index.ts";
import type { EffectivePolicy, Rule, Sourced } from "../policy/model/index.ts";
import { modelOf } from "../simulate/index.ts";

/** Rules that Kuma cannot have together, or not at all. */
export interface Refusal {
  /** `frozen`: it generates nothing for the proxy any more. `refused`: its Envoy does not take the listener. */
  readonly kind: "frozen" | "refused";
  readonly because: "D4" | "D14" | undefined;
  /** What Kuma or Envoy says. */
  readonly text: string;
  /** The fewest rules that are enough for it. */
  readonly rules: readonly Sourced<Rule>[];
}

const MAX_REFUSALS = 10;

/** What keeps Kuma from enforcing a list in mode Matched: each time the fewest rules that are enough, then without one of them. */
export function refusalsOf(policy: EffectivePolicy, base: ClassicResources): readonly Refusal[] {
  if (policy.enforced !== true || policy.mode.value !== "Matched") return [];
  const found: Refusal[] = [];
  let rules = policy.rules;
  while (found.length < MAX_REFUSALS) {
    const trouble = troubleOf(rules, base);
    if (trouble === undefined) break;
    const culprits = fewest(rules, base, trouble.kind);
    const kept = troubleOf(culprits, base) ?? trouble;
    found.push({ ...kept, because: reasonOf(kept.kind, culprits), rules: culprits });
    rules = withoutOne(rules, culprits, (left) => troubleOf(left, base)?.text !== trouble.text);
  }
  return found;
}

/** Without the culprit that all of this trouble comes from, if there is one, else without the last. */
function withoutOne(
  rules: readonly Sourced<Rule>[],
  culprits: readonly Sourced<Rule>[],
  isOver: (left: readonly Sourced<Rule>[]) => boolean,
): readonly Sourced<Rule>[] {
  let left = rules;
  for (const culprit of culprits) {
    left = rules.filter((rule) => rule !== culprit);
    if (isOver(left)) return left;
  }
  return left;
}

type Trouble = Pick<Refusal, "kind" | "text">;

function troubleOf(rules: readonly Sourced<Rule>[], base: ClassicResources): Trouble | undefined {
  const { resources, error } = compileClassic(base, { rules: rules.map(({ value }) => value.written) }, true);
  if (error !== undefined) return { kind: "frozen", text: error };
  const [fault] = modelOf({ ...resources, routes: [] }).faults;
  return fault === undefined ? undefined : { kind: "refused", text: fault };
}

/** Rules only add chains, so what a beginning of the list shows stays: the rule that ends the shortest one is a culprit. */
function fewest(
  rules: readonly Sourced<Rule>[],
  base: ClassicResources,
  kind: Refusal["kind"],
): readonly Sourced<Rule>[] {
  const culprits: Sourced<Rule>[] = [];
  let left = rules;
  while (troubleOf(culprits, base)?.kind !== kind) {
    const shows = (length: number): boolean => troubleOf([...culprits, ...left.slice(0, length)], base)?.kind === kind;
    let [low, high] = [0, 1]; // in the end `high` rules show it; short lists cost little, so they are tried first
    while (high < left.length && !shows(high)) [low, high] = [high + 1, high * 2];
    high = Math.min(high, left.length);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shows(middle)) high = middle;
      else low = middle + 1;
    }
    const culprit = left[high - 1];
    if (culprit === undefined) break;
    culprits.unshift(culprit);
    left = left.slice(0, high - 1);
  }
  return culprits;
}

/** Several L7 protocols, or several writings of one name or address. A single rule has neither: `*` with a port. */
function reasonOf(kind: Refusal["kind"], culprits: readonly Sourced<Rule>[]): Refusal["because"] {
  if (kind === "frozen" || new Set(culprits.map(({ value }) => value.protocol)).size > 1) return "D4";
  return culprits.length > 1 ? "D14" : undefined;
}
