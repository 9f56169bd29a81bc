/** The types that the whole project speaks: resources, rules, connections, effective policies, verdicts. */
export * from "./connection.ts";
export * from "./effective-policy.ts";
export * from "./policy-ref.ts";
export * from "./resource.ts";
export * from "./rule.ts";
export * from "./verdict.ts";
