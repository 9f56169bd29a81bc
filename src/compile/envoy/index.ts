/**
 * A table as configuration of Envoy 1.37 or newer: two listeners that never change but for their matcher, a route
 * table for each HTTP port, sixteen clusters; and the bootstraps. Equal tables and settings give equal bytes.
 */
export {
  type AgentBootstrap,
  agentBootstrap,
  type Limits,
  staticBootstrap,
} from "./bootstrap.ts";
export { compileEnvoy, type EnvoyResources } from "./compile-envoy.ts";
export {
  bootstrapJson,
  type EncodedResource,
  type EncodedResources,
  encodeEnvoy,
  toCanonicalJson,
} from "./encode.ts";
export { LOG_FLUSH_MS, LOG_LINES, LOG_SEPARATOR, type LogField, RECORD_TYPES } from "./log-format.ts";
export { envoyRegistry } from "./registry.ts";
export { BUCKETS, bucketCluster, type EnvoySettings, HEADERS, httpName, NAMES, passChain } from "./settings.ts";
export { type ResourceBytes, trialBootstrap } from "./trial-bootstrap.ts";
export { TYPE_URLS } from "./type-urls.ts";
