/** Policies and a proxy in, one effective policy out, every value with the policy it came from. */
export { EffectiveIndex, type Merged } from "./effective-index.ts";
export * from "./effective-policy.ts";
export { type KumaRule, kumaMerge, kumaMergeConfs } from "./kuma.ts";
