/** Which policies select a proxy, and in which precedence. */
export { kumaSelectPolicies, kumaSelects } from "./kuma.ts";
export * from "./precedence.ts";
export * from "./selects.ts";
