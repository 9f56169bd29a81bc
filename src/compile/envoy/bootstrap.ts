import { create } from "@bufbuild/protobuf";
import { type Any, durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Bootstrap, BootstrapSchema } from "../../gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { type Cluster, Cluster_DiscoveryType, ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ApiConfigSource_ApiType, ApiVersion } from "../../gen/envoy/config/core/v3/config_source_pb.js";
import { type OverloadManager, OverloadManagerSchema } from "../../gen/envoy/config/overload/v3/overload_pb.js";
import { DownstreamConnectionsConfigSchema } from "../../gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.js";
import { FixedHeapConfigSchema } from "../../gen/envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap_pb.js";
import { HttpProtocolOptionsSchema } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import type { Table } from "../table/index.ts";
import { compileInline } from "./compile-envoy.ts";
import { any } from "./extension.ts";
import { type EnvoySettings, NAMES } from "./settings.ts";

/** Limits of one proxy. Beyond each, new connections are refused; open ones go on. */
export interface Limits {
  /** Well under the limit of file descriptors, of which a connection needs two: running out of them kills Envoy. */
  readonly maxConnections: number;
  /** Bytes of heap. Absent: no limit. */
  readonly maxHeapBytes?: number;
}

/** What an Envoy needs to run beside a server of configuration on a Unix socket. */
export interface AgentBootstrap extends Limits {
  readonly node: { readonly id: string; readonly cluster: string };
  /** Unix socket that Envoy makes for its admin interface. */
  readonly adminPath: string;
  /** Unix socket where the agent serves ADS. */
  readonly agentPath: string;
}

/** Default of {@link Limits.maxConnections} for a proxy that nobody sized. */
const DEFAULT_MAX_CONNECTIONS = 10_000;

/**
 * For an Envoy that gets listeners, routes and clusters over ADS. It needs `--drain-time-s 1` and
 * `--file-flush-interval-msec` as LOG_FLUSH_MS says.
 */
export function agentBootstrap({ node, adminPath, agentPath, ...limits }: AgentBootstrap): Bootstrap {
  return create(BootstrapSchema, {
    node,
    // Whoever looks after Envoy must get through when the workload's connections are at their limit.
    admin: {
      address: { address: { case: "pipe", value: { path: adminPath, mode: 0o600 } } },
      ignoreGlobalConnLimit: true,
    },
    staticResources: { clusters: [agentCluster(agentPath)] },
    dynamicResources: {
      adsConfig: {
        apiType: ApiConfigSource_ApiType.GRPC,
        transportApiVersion: ApiVersion.V3,
        // Envoy's description of itself is 52 kB; without this every request would carry it.
        setNodeOnFirstMessageOnly: true,
        grpcServices: [
          { targetSpecifier: { case: "envoyGrpc", value: { clusterName: NAMES.agent, retryPolicy: SOON } } },
        ],
      },
      ldsConfig: fromAds(),
      cdsConfig: fromAds(),
    },
    ...common(limits),
  });
}

/** A file that a plain `envoy -c` enforces, without agent and control plane; access logs go to standard output. */
export function staticBootstrap(
  table: Table,
  settings: Omit<EnvoySettings, "accessLog">,
  node: { readonly id: string; readonly cluster: string },
  limits: Limits = { maxConnections: DEFAULT_MAX_CONNECTIONS },
): Bootstrap {
  const { listeners, clusters } = compileInline(table, { ...settings, accessLog: "stdout" });
  return create(BootstrapSchema, {
    node,
    staticResources: { listeners: [...listeners], clusters: [...clusters] },
    ...common(limits),
  });
}

/** An agent that comes back is to be heard soon, not after half a minute. */
const SOON = { retryBackOff: { baseInterval: durationFromMs(50), maxInterval: durationFromMs(500) } };

function common(limits: Limits) {
  return {
    deferredStatOptions: { enableDeferredCreationStats: true },
    overloadManager: overloadManager(limits),
    layeredRuntime: { layers: [{ name: "limits", layerSpecifier: { case: "staticLayer" as const, value: RUNTIME } }] },
  };
}

/**
 * One request of an HTTP/2 connection at a time, then the others' turn. A thousand at once to a new destination would
 * each open a connection of its own, since none of them sees that another one does; and a flood would be taken in whole
 * before it is noticed.
 */
const RUNTIME = { "http.max_requests_per_io_cycle": 1 };

function overloadManager({ maxConnections, maxHeapBytes }: Limits): OverloadManager {
  const connections = monitor(
    "global_downstream_max_connections",
    any(DownstreamConnectionsConfigSchema, { maxActiveDownstreamConnections: BigInt(maxConnections) }),
  );
  if (maxHeapBytes === undefined) return create(OverloadManagerSchema, { resourceMonitors: [connections] });
  const heap = monitor("fixed_heap", any(FixedHeapConfigSchema, { maxHeapSizeBytes: BigInt(maxHeapBytes) }));
  return create(OverloadManagerSchema, {
    refreshInterval: durationFromMs(250),
    resourceMonitors: [connections, heap],
    // Nothing that touches open connections: one that stays allowed is never cut.
    actions: [action("shrink_heap", heap.name, 0.9), action("stop_accepting_connections", heap.name, 0.95)],
  });
}

function monitor(name: string, value: Any) {
  return { name: `envoy.resource_monitors.${name}`, configType: { case: "typedConfig", value } } as const;
}

function action(name: string, monitorName: string, value: number) {
  const trigger = { name: monitorName, triggerOneof: { case: "threshold", value: { value } } } as const;
  return { name: `envoy.overload_actions.${name}`, triggers: [trigger] };
}

function fromAds() {
  return {
    resourceApiVersion: ApiVersion.V3,
    configSourceSpecifier: { case: "ads", value: {} },
    initialFetchTimeout: durationFromMs(0),
  } as const;
}

/** Where the agent serves configuration and takes access logs. */
export function agentCluster(path: string): Cluster {
  const http2 = any(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: "explicitHttpConfig",
      value: { protocolConfig: { case: "http2ProtocolOptions", value: {} } },
    },
  });
  const endpoint = { address: { address: { case: "pipe", value: { path } } } } as const;
  return create(ClusterSchema, {
    name: NAMES.agent,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    connectTimeout: durationFromMs(1000),
    typedExtensionProtocolOptions: { [HttpProtocolOptionsSchema.typeName]: http2 },
    loadAssignment: {
      clusterName: NAMES.agent,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: "endpoint", value: endpoint } }] }],
    },
  });
}
