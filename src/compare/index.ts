/**
 * Kuma 2.9 against the documentation: for which connections its Envoy configuration gives another verdict, by which
 * difference, with a witness each; and which policies its Envoy refuses, or freeze it.
 */
export { compareKuma, type KumaComparison, type VerdictDifference } from "./compare-kuma.ts";
export { DIFFERENCES, type Difference, MEANING } from "./differences.ts";
export { kumaSpace } from "./kuma-space.ts";
export { type Differences, reaches } from "./kuma-verdict.ts";
export type { Refusal } from "./refusals.ts";
export {
  type ComparisonView,
  type DifferenceView,
  isDifferent,
  viewComparisons,
  type WitnessView,
} from "./view-comparison.ts";
