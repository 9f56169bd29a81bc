import { type DescMessage, type JsonValue, type MessageShape, toBinary, toJson } from "@bufbuild/protobuf";
import { type Bootstrap, BootstrapSchema } from "../../gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { EnvoyResources } from "./compile-envoy.ts";
import { envoyRegistry } from "./registry.ts";

/** One resource as xDS carries it: `value` are the bytes of the message inside the Any. Equal content, equal bytes. */
export interface EncodedResource {
  readonly name: string;
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Resources by type, each list in the order of {@link EnvoyResources}. */
export interface EncodedResources {
  readonly listeners: readonly EncodedResource[];
  readonly routes: readonly EncodedResource[];
  readonly clusters: readonly EncodedResource[];
}

/** Type URLs of the three types. */
export const TYPE_URLS = {
  listener: `type.googleapis.com/${ListenerSchema.typeName}`,
  route: `type.googleapis.com/${RouteConfigurationSchema.typeName}`,
  cluster: `type.googleapis.com/${ClusterSchema.typeName}`,
} as const;

/** The bytes of every resource. */
export function encodeResources({ listeners, routes, clusters }: EnvoyResources): EncodedResources {
  return {
    listeners: encodeAll(ListenerSchema, listeners),
    routes: encodeAll(RouteConfigurationSchema, routes),
    clusters: encodeAll(ClusterSchema, clusters),
  };
}

function encodeAll<D extends DescMessage>(
  schema: D,
  messages: readonly (MessageShape<D> & { readonly name: string })[],
): EncodedResource[] {
  const typeUrl = `type.googleapis.com/${schema.typeName}`;
  return messages.map((message) => ({ name: message.name, typeUrl, value: toBinary(schema, message) }));
}

/** The resources in canonical protobuf JSON, as text. */
export function toCanonicalJson({ listeners, routes, clusters }: EnvoyResources): string {
  const json = {
    listeners: listeners.map((m) => toJson(ListenerSchema, m, { registry: envoyRegistry })),
    routes: routes.map((m) => toJson(RouteConfigurationSchema, m, { registry: envoyRegistry })),
    clusters: clusters.map((m) => toJson(ClusterSchema, m, { registry: envoyRegistry })),
  };
  return print(json);
}

/** A bootstrap in canonical protobuf JSON, as `envoy -c FILE.json` reads it. */
export const bootstrapJson = (bootstrap: Bootstrap): string =>
  print(toJson(BootstrapSchema, bootstrap, { registry: envoyRegistry }));

const print = (json: JsonValue): string => `${JSON.stringify(json, undefined, 2)}\n`;
