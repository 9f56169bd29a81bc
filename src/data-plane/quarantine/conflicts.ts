import { type Rule, ruleText } from "./rule-text.ts";

/**
 * Rules that Envoy rejects when it has all of them, and takes as soon as one is missing; mostly it is one rule alone.
 * The last one is the one that is left out: it is the youngest.
 */
export interface Conflict {
  /** As {@link ruleText} gives them; at least one. */
  readonly rules: readonly string[];
  /** Envoy's words about these rules alone. */
  readonly why: string;
}

/** What is known to be rejected, by what rules say, so that it holds wherever and whenever they come again. */
export interface Conflicts {
  add(conflict: Conflict): void;
  /** Those among these rules, with the rule that is left out for each. Rules that are left out already start none. */
  among(rules: readonly Rule[]): ReadonlyMap<string, Conflict>;
  /** Forget what none of these rules takes part in. */
  retain(rules: readonly Rule[]): void;
  readonly all: readonly Conflict[];
}

export function conflictsOf(known: readonly Conflict[] = []): Conflicts {
  let all = [...known];
  return {
    add: (conflict) => void all.push(conflict),
    among(rules) {
      const present = new Set(rules.map(ruleText));
      const leftOut = new Map<string, Conflict>();
      for (const conflict of all) {
        const out = conflict.rules.at(-1);
        if (out === undefined || !conflict.rules.every((rule) => present.has(rule) && !leftOut.has(rule))) continue;
        leftOut.set(out, conflict);
      }
      return leftOut;
    },
    retain(rules) {
      const present = new Set(rules.map(ruleText));
      all = all.filter((conflict) => conflict.rules.every((rule) => present.has(rule)));
    },
    get all() {
      return all;
    },
  };
}
