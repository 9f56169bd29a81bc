/**
 * Rules that Envoy rejects: which ones they are, by asking throw-away Envoys, and the policy without them. What is left
 * out only ever takes permissions away.
 */
export type { Conflict } from "./conflicts.ts";
export {
  LIMITS,
  type Quarantine,
  type Quarantined,
  type QuarantineSettings,
  quarantine,
  renderQuarantined,
} from "./quarantine.ts";
export { type Trial, type TrialSettings, tryOut } from "./trial.ts";
