/** Cluster of the agent; the name that compiled access logs send their records to (a test compares them). */
export const AGENT_CLUSTER = "agent";

/** Sockets, as names in the folder that Envoy starts in: a relative path is never too long for a socket. */
export const ADMIN_SOCKET = "admin.sock";
/** Where the agent serves ADS and takes access logs. */
export const AGENT_SOCKET = "agent.sock";

export interface BootstrapSettings {
  readonly mesh: string;
  readonly name: string;
  /** Connections from the workload that may be open at a time; more are refused. */
  readonly maxConnections: number;
  readonly maxHeapBytes: number;
}

const TYPE = "type.googleapis.com/envoy.extensions";

/**
 * Envoy's start-up configuration as JSON: where the agent is, where its log goes, and what it may use. Nothing in it
 * depends on a policy, so a change of rules never needs another Envoy.
 */
export function envoyBootstrap(settings: BootstrapSettings): string {
  const bootstrap = {
    node: { id: `${settings.mesh}/${settings.name}`, cluster: settings.mesh },
    admin: { address: { pipe: { path: ADMIN_SOCKET, mode: 0o600 } }, ignore_global_conn_limit: true },
    deferred_stat_options: { enable_deferred_creation_stats: true },
    overload_manager: overloadManager(settings),
    dynamic_resources: {
      ads_config: {
        api_type: "GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [
          {
            envoy_grpc: {
              cluster_name: AGENT_CLUSTER,
              // an agent that comes back is to be heard soon, not after half a minute
              retry_policy: { retry_back_off: { base_interval: "0.05s", max_interval: "0.5s" } },
            },
          },
        ],
      },
      lds_config: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" },
      cds_config: { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" },
    },
    static_resources: {
      clusters: [unixCluster(AGENT_CLUSTER, AGENT_SOCKET)],
    },
  };
  return JSON.stringify(bootstrap);
}

/** Out of descriptors Envoy dies by SIGSEGV, out of memory by the kernel: both are refused earlier. */
function overloadManager({ maxConnections, maxHeapBytes }: BootstrapSettings): object {
  const heap = "envoy.resource_monitors.fixed_heap";
  const above = (name: string, value: number) => ({
    name: `envoy.overload_actions.${name}`,
    triggers: [{ name: heap, threshold: { value } }],
  });
  return {
    refresh_interval: "0.25s",
    resource_monitors: [
      {
        name: "envoy.resource_monitors.global_downstream_max_connections",
        typed_config: {
          "@type": `${TYPE}.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig`,
          max_active_downstream_connections: maxConnections,
        },
      },
      {
        name: heap,
        typed_config: {
          "@type": `${TYPE}.resource_monitors.fixed_heap.v3.FixedHeapConfig`,
          max_heap_size_bytes: maxHeapBytes,
        },
      },
    ],
    // nothing that touches open connections: what stays allowed is never cut
    actions: [above("shrink_heap", 0.9), above("stop_accepting_connections", 0.95)],
  };
}

function unixCluster(name: string, path: string): object {
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path } } } }] }],
    },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    // records of many connections at once must wait, not be thrown away
    circuit_breakers: { thresholds: [{ max_requests: 1_000_000, max_pending_requests: 1_000_000 }] },
  };
}
