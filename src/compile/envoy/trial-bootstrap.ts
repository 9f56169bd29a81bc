import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Any, anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { BootstrapSchema } from "../../gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { type Listener, ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { type RouteConfiguration, RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import { HttpConnectionManagerSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { agentCluster } from "./bootstrap.ts";

/** The bytes of resources, by type: what is inside the Any. */
export interface ResourceBytes {
  readonly listeners: readonly Uint8Array[];
  readonly routes: readonly Uint8Array[];
  readonly clusters: readonly Uint8Array[];
}

/**
 * A bootstrap in binary form that holds these resources, for `envoy --mode validate`: what an Envoy refuses over xDS it
 * refuses at its start. Route tables go into the chains that ask for them. `agentPath` is never connected to. Throws on
 * bytes that are no resources of these types.
 */
export function trialBootstrap({ listeners, routes, clusters }: ResourceBytes, agentPath: string): Uint8Array {
  const tables = new Map(routes.map((bytes) => fromBinary(RouteConfigurationSchema, bytes)).map((t) => [t.name, t]));
  const bootstrap = create(BootstrapSchema, {
    node: { id: "trial", cluster: "trial" },
    staticResources: {
      listeners: listeners.map((bytes) => withTables(fromBinary(ListenerSchema, bytes), tables)),
      clusters: [agentCluster(agentPath), ...clusters.map((bytes) => fromBinary(ClusterSchema, bytes))],
    },
  });
  return toBinary(BootstrapSchema, bootstrap);
}

/** The listener with every table that it would ask for. */
function withTables(listener: Listener, tables: ReadonlyMap<string, RouteConfiguration>): Listener {
  for (const { filters } of listener.filterChains)
    for (const { configType } of filters)
      if (configType.case === "typedConfig") configType.value = inlined(configType.value, tables);
  return listener;
}

function inlined(config: Any, tables: ReadonlyMap<string, RouteConfiguration>): Any {
  const manager = anyUnpack(config, HttpConnectionManagerSchema);
  if (manager?.routeSpecifier.case !== "rds") return config;
  const table = tables.get(manager.routeSpecifier.value.routeConfigName);
  if (table === undefined) return config;
  manager.routeSpecifier = { case: "routeConfig", value: table };
  return anyPack(HttpConnectionManagerSchema, manager);
}
