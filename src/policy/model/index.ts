/** The types that the whole project speaks: resources, rules, connections, effective policies, verdicts. */
export * from "./connection.ts";
export { connectionFromObject } from "./connection-object.ts";
export {
  addressed,
  atAddress,
  type ConnectionFacts,
  type ConnectionText,
  formatConnection,
  type ParsedConnection,
  parseConnection,
  SCHEMES,
  type Scheme,
} from "./connection-text.ts";
export * from "./effective-policy.ts";
export * from "./policy-ref.ts";
export * from "./resource.ts";
export * from "./rule.ts";
export * from "./rule-parse.ts";
export * from "./verdict.ts";
