import { formatPolicyRef, type PolicyRef, type Sourced } from "../../policy/model/index.ts";
import { type Conflict, type Conflicts, conflictsOf } from "./conflicts.ts";
import { type Rule, ruleText } from "./rule-text.ts";
import { findConflicts, type TryRules } from "./search.ts";
import type { Trial } from "./trial.ts";

/** A rule that is not enforced, because Envoy rejects it. */
export interface Quarantined {
  /** `tls Domain *.example.com 443`. */
  readonly rule: string;
  /** Every place that says it, as `policy#index`. */
  readonly policies: readonly string[];
  /** Envoy's words. */
  readonly why: string;
  /** Absent where it is rejected alone: the others with which it is. */
  readonly with?: readonly string[];
}

/** Rules, and those of them that are left out. */
export interface Sifted {
  readonly kept: readonly Sourced<Rule>[];
  readonly quarantined: readonly Quarantined[];
}

export interface QuarantineSettings {
  readonly limits: Limits;
  /** What an earlier agent found with the same Envoy. */
  readonly known?: readonly Conflict[];
}

/** Of one search. What it found until then is kept, so that the next one goes on from there. */
export interface Limits {
  readonly trials: number;
  readonly ms: number;
}

export const LIMITS: Limits = { trials: 400, ms: 60_000 };

export interface Search {
  /** The rules that Envoy rejected as a whole. */
  readonly rules: readonly Sourced<Rule>[];
  /** Those that it took before. */
  readonly taken: readonly Sourced<Rule>[];
  /** Compile these rules in the place of the policy's, and ask a throw-away Envoy. */
  readonly tryOut: (rules: readonly Sourced<Rule>[]) => Promise<Trial>;
}

/** Remembers which rules this Envoy rejects, and finds out. A rule that goes, or says something else, is forgotten. */
export interface Quarantine {
  sift(rules: readonly Sourced<Rule>[]): Sifted;
  /** Those that `sift` would keep; nothing is forgotten for it. */
  foretell(rules: readonly Sourced<Rule>[]): readonly Sourced<Rule>[];
  /** Resolves to undefined when it has found something that `sift` now leaves out; else to why not. */
  search(search: Search): Promise<string | undefined>;
  readonly known: readonly Conflict[];
  /** Envoys asked so far. */
  readonly trials: number;
}

export function quarantine({ limits, known }: QuarantineSettings): Quarantine {
  const conflicts: Conflicts = conflictsOf(known);
  let trials = 0;
  return {
    sift(rules) {
      if (conflicts.all.length === 0) return { kept: rules, quarantined: [] };
      conflicts.retain(rules.map(({ value }) => value));
      return sift(rules, conflicts);
    },
    foretell: (rules) => (conflicts.all.length === 0 ? rules : sift(rules, conflicts).kept),
    async search({ rules, taken, tryOut }) {
      const byText = Map.groupBy(rules, ({ value }) => ruleText(value));
      const before = new Set(taken.map(({ value }) => ruleText(value)));
      const [old, young] = [
        [...byText.keys()].filter((r) => before.has(r)),
        [...byText.keys()].filter((r) => !before.has(r)),
      ];
      const end = performance.now() + limits.ms;
      const last = trials + limits.trials;
      const tryRules: TryRules = async (texts) => {
        if (trials >= last) return { kind: "unknown", why: `the search ended after ${limits.trials} trials` };
        if (performance.now() > end) return { kind: "unknown", why: `the search ended after ${limits.ms / 1000} s` };
        trials++;
        return tryOut(texts.flatMap((text) => byText.get(text) ?? []));
      };
      const found = await findConflicts([...old, ...young], old.length, tryRules);
      for (const conflict of found.conflicts) conflicts.add(conflict);
      return found.kind === "found" ? undefined : found.why;
    },
    get known() {
      return conflicts.all;
    },
    get trials() {
      return trials;
    },
  };
}

function sift(rules: readonly Sourced<Rule>[], conflicts: Conflicts): Sifted {
  const leftOut = conflicts.among(rules.map(({ value }) => value));
  const places = new Map<string, PolicyRef[]>([...leftOut.keys()].map((rule) => [rule, []]));
  const kept = rules.filter(({ value, source }) => {
    const at = places.get(ruleText(value));
    at?.push(source);
    return at === undefined;
  });
  const quarantined = [...leftOut].map(([rule, { rules: together, why }]): Quarantined => {
    const policies = (places.get(rule) ?? []).map(formatPolicyRef);
    const others = together.slice(0, -1);
    return others.length === 0 ? { rule, policies, why } : { rule, policies, why, with: others };
  });
  return { kept, quarantined };
}

const MOST_NAMED = 10;
const LONGEST_WORDS = 300;

/** For whoever sent the policy: `2 rules are in quarantine …`. Of many only the first are named. */
export function renderQuarantined(quarantined: readonly Quarantined[]): string {
  const count = quarantined.length === 1 ? "1 rule is" : `${quarantined.length} rules are`;
  const named = quarantined.slice(0, MOST_NAMED).map(({ rule, policies, why, with: others }) => {
    const together = others === undefined ? "" : ` together with ${others.map((text) => `\`${text}\``).join(", ")}`;
    const words = why.length > LONGEST_WORDS ? `${why.slice(0, LONGEST_WORDS)}…` : why;
    return `\`${rule}\` of ${policies.join(", ")}${together}: ${words}`;
  });
  const more = quarantined.length - named.length;
  return `${count} in quarantine, everything else is in force; envoy rejects ${named.join("; ")}${more === 0 ? "" : `; and ${more} more`}`;
}
