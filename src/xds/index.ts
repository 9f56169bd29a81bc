/**
 * ADS (aggregated discovery service): the protocol as pure state machines, server and client, with thin gRPC shells
 * around them; state of the world for every type, and incremental, in parts, for the large one. Knows types of resources only by their URL; what is in them is up to its users.
 */

/** For whoever adds a service to the server, without a second road to the library. */
export type { Server as GrpcServer, ServerReadableStream, ServiceDefinition } from "@grpc/grpc-js";
export {
  type Address,
  claimSocketPath,
  formatAddress,
  type ParsedAddress,
  parseAddress,
  protectSocket,
} from "./address.ts";
export type { AdsHooks, AdsSource, AdsStream } from "./ads-server.ts";
export { type AdsClient, type AdsClientSettings, connectAds, type Update } from "./connect.ts";
export { connectDelta, type DeltaClientSettings } from "./connect-delta.ts";
export type { NodeInfo, ReceivedResource } from "./discovery.ts";
export { type Body, splitBody } from "./parts.ts";
export {
  EMPTY_SNAPSHOT,
  type EncodedResource,
  encodeResource,
  encodeWithBody,
  messageIn,
  type ResourceSet,
  resourceSet,
  type Snapshot,
  versionOf,
} from "./resource.ts";
export { TYPE_URLS } from "./resource-types.ts";
export { type AdsServerSettings, type RunningAdsServer, serveAds } from "./serve.ts";
export type { Acceptance } from "./stay-connected.ts";
