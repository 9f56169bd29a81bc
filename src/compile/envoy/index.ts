/**
 * A table as configuration of Envoy 1.37 or newer: two listeners that never change but for their matcher, a route
 * table for each HTTP port, sixteen clusters; and the bootstraps. Equal tables and settings give equal bytes.
 */
export { LOG_FLUSH_MS, LOG_LINES, LOG_SEPARATOR, type LogField, RECORD_TYPES } from "./access-log.ts";
export {
  type AgentBootstrap,
  agentBootstrap,
  DEFAULT_MAX_CONNECTIONS,
  type Limits,
  staticBootstrap,
} from "./bootstrap.ts";
export { compileEnvoy, type EnvoyResources } from "./compile-envoy.ts";
export {
  bootstrapJson,
  type EncodedResource,
  type EncodedResources,
  encodeEnvoy,
  TYPE_URLS,
  toCanonicalJson,
} from "./encode.ts";
export { envoyRegistry } from "./registry.ts";
export { BUCKETS, bucketCluster, type EnvoySettings, HEADERS, httpName, NAMES, passChain } from "./settings.ts";
export { type ResourceBytes, trialBootstrap } from "./trial-bootstrap.ts";
