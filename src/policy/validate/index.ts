/**
 * Everything that the policy's documentation refuses or limits, beyond what a single value says of itself.
 * Collects all faults; never depends on the order of rules, files or policies.
 */
export { checkDraft, type DraftOptions } from "./check-draft.ts";
export { checkSet } from "./check-set.ts";
export { COMPATIBILITY_LEVELS, type Compatibility } from "./compatibility.ts";
export {
  type KumaContext,
  type KumaVerdict,
  kumaDataplaneViolations,
  kumaKubernetes,
  kumaKubernetesView,
  kumaLabelViolations,
  kumaMetaViolations,
  kumaNameWarning,
  kumaParse,
  kumaRestView,
  kumaSpecViolations,
  kumaTargetRef,
  kumaUniversal,
  pathOfViolation,
  type Violation,
} from "./kuma/index.ts";
