import type { EffectivePolicy } from "../../policy/model/index.ts";
import { type DeniedCounters, deniedCounters, type SavedDenied } from "./denied-counters.ts";
import { type RuleCounters, ruleCounters, type SavedRuleCounts } from "./rule-counters.ts";

/** All that is counted of one workload. */
export interface Ledger {
  /** When counting began, ms since 1970. */
  readonly since: number;
  readonly rules: RuleCounters;
  readonly denied: DeniedCounters;
  /** What was admitted without a rule. */
  readonly admitted: AdmittedOtherwise;
  save(): SavedLedger;
}

export interface AdmittedOtherwise {
  /** By mode All. */
  mode: number;
  /** Policies are not enforced on this proxy. */
  notEnforced: number;
  /** Admitted by a policy that is no longer known: it changed more than once within the time that records take. */
  unexplained: number;
}

export interface SavedLedger {
  readonly since: number;
  readonly admitted: AdmittedOtherwise;
  readonly rules: SavedRuleCounts;
  readonly denied: SavedDenied;
}

/** `saved`: what an earlier agent had counted; else everything begins `now`. */
export function ledger(saved: SavedLedger | undefined, now: number): Ledger {
  const since = saved?.since ?? now;
  const rules = ruleCounters(since, saved?.rules);
  const denied = deniedCounters(saved?.denied);
  const admitted = { ...(saved?.admitted ?? { mode: 0, notEnforced: 0, unexplained: 0 }) };
  return {
    since,
    rules,
    denied,
    admitted,
    save: () => ({ since, admitted, rules: rules.save(), denied: denied.save() }),
  };
}

/** How a policy admits without a rule. */
export const otherwise = ({ enforced, mode }: EffectivePolicy): keyof AdmittedOtherwise =>
  enforced !== true ? "notEnforced" : mode.value === "All" ? "mode" : "unexplained";
