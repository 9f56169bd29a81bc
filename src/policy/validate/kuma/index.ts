/** What Kuma 2.9.13 refuses, in its order and its words: the compatibility level `kuma-2.9`. */
export { kumaSpecViolations } from "./meshpassthrough.ts";
export { kumaMetaViolations } from "./meta.ts";
export { kumaSchemaViolations } from "./schema.ts";
export { kumaTargetRef } from "./target-ref.ts";
export type { Violation } from "./violation.ts";
