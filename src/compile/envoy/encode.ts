import { type DescMessage, type JsonValue, type MessageShape, toBinary, toJson } from "@bufbuild/protobuf";
import { type Bootstrap, BootstrapSchema } from "../../gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import { compareText, type Table } from "../table/index.ts";
import { type EnvoyResources, type Frame, frameOf, type Recipe, recipes } from "./compile-envoy.ts";
import { envoyRegistry } from "./registry.ts";
import type { EnvoySettings } from "./settings.ts";

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

/** What encoded resources were made from, for the next ones, which differ little. */
const origins = new WeakMap<EncodedResources, { readonly frame: Frame; readonly kept: ReadonlyMap<string, Kept> }>();

interface Kept {
  readonly from: readonly unknown[];
  readonly resource: EncodedResource;
}

/**
 * A table as the bytes of every resource. A resource that comes from the same parts as in `earlier` is its very object,
 * neither made nor encoded again.
 */
export function encodeEnvoy(table: Table, settings: EnvoySettings, earlier?: EncodedResources): EncodedResources {
  const before = earlier === undefined ? undefined : origins.get(earlier);
  const frame = before !== undefined && isSame(before.frame.settings, settings) ? before.frame : frameOf(settings);
  const kept = new Map<string, Kept>();
  const encodeAll = <D extends DescMessage>(schema: D, all: readonly Recipe<MessageShape<D>>[]): EncodedResource[] =>
    all.map(({ name, from, make }) => {
      const typeUrl = `type.googleapis.com/${schema.typeName}`;
      const key = `${typeUrl} ${name}`;
      const known = before?.kept.get(key);
      const resource = isFrom(known, from) ? known.resource : { name, typeUrl, value: toBinary(schema, make()) };
      kept.set(key, { from, resource });
      return resource;
    });
  const { listeners, routes, clusters } = recipes(table, settings, frame);
  const encoded = {
    listeners: encodeAll(ListenerSchema, listeners),
    routes: encodeAll(RouteConfigurationSchema, routes),
    clusters: encodeAll(ClusterSchema, clusters),
  };
  origins.set(encoded, { frame, kept });
  return encoded;
}

const isFrom = (known: Kept | undefined, from: readonly unknown[]): known is Kept =>
  known !== undefined && known.from.length === from.length && from.every((part, i) => part === known.from[i]);

/** Do they differ in nothing but the ports that are kept? */
function isSame(a: EnvoySettings, b: EnvoySettings): boolean {
  const told = ({ extraHttpPorts: _kept, sharedHttpPorts: _shared, ...settings }: EnvoySettings) =>
    JSON.stringify(Object.entries(settings).sort(byKey));
  return told(a) === told(b);
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => compareText(a, b);

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
