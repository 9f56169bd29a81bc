/** Which policies select a proxy, and in which precedence. */
export { kumaSelectPolicies, kumaSelects } from "./kuma.ts";
export * from "./precedence.ts";
export { type ProxyGroup, type SelectionChanges, SelectionIndex } from "./selection-index.ts";
export { type NotSelected, proxyTypeOf, type Selection, selectPolicies, selects } from "./selects.ts";
