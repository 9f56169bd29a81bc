/**
 * Everything that the policy's documentation refuses or limits, beyond what a single value says of itself.
 * Collects all faults; never depends on the order of rules, files or policies.
 */
export { checkDraft, type DraftOptions } from "./check-draft.ts";
export { checkSet } from "./check-set.ts";
