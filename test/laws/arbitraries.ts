/**
 * Generated values for property tests. Every one is valid: what validation refuses is not here. Alphabets are small, so
 * that rules meet each other and connections fall on both sides of what rules say.
 */
export * from "./connection-arbitraries.ts";
export * from "./resource-arbitraries.ts";
export * from "./rule-arbitraries.ts";
