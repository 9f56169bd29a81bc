/**
 * ADS (aggregated discovery service, state of the world): the protocol as two pure state machines, server and client,
 * with thin gRPC shells around them. Knows types of resources only by their URL; what is in them is up to its users.
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
export { type Acceptance, type AdsClient, type AdsClientSettings, connectAds, type Update } from "./connect.ts";
export type { NodeInfo, ReceivedResource } from "./discovery.ts";
export {
  EMPTY_SNAPSHOT,
  type EncodedResource,
  encodeResource,
  type ResourceSet,
  resourceSet,
  type Snapshot,
  versionOf,
} from "./resource.ts";
export { TYPE_URLS } from "./resource-types.ts";
export { type AdsServerSettings, type RunningAdsServer, serveAds } from "./serve.ts";
