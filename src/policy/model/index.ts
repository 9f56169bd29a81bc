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
export { pluralOf } from "./plural.ts";
export * from "./policy-ref.ts";
export * from "./resource.ts";
export * from "./revocation-mode.ts";
export * from "./rule.ts";
export * from "./rule-parse.ts";
export { customResourceDefinition } from "./schema/crd.ts";
export { kubernetesDocument, UNIVERSAL_POLICY, universalDocument } from "./schema/envelope.ts";
export type { Field, ObjectField } from "./schema/field.ts";
export { jsonSchema } from "./schema/json-schema.ts";
export { MESH_PASSTHROUGH_SPEC } from "./schema/mesh-passthrough.ts";
export { openApi } from "./schema/openapi.ts";
export * from "./verdict.ts";
