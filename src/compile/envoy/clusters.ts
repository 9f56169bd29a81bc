import { create } from "@bufbuild/protobuf";
import { type Any, durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  ClusterSchema,
} from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { RoutingPriority } from "../../gen/envoy/config/core/v3/base_pb.js";
import { SocketOption_SocketState } from "../../gen/envoy/config/core/v3/socket_option_pb.js";
import { HttpProtocolOptionsSchema } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { any } from "./extension.ts";
import { http1Options, MAX_HEADERS, MAX_HEADERS_KB } from "./http-options.ts";
import { BUCKETS, BUFFER_BYTES, bucketCluster, type EnvoySettings } from "./settings.ts";

const UNLIMITED = 0xffff_ffff;
const CONNECT_TIMEOUT_MS = 10_000;
/** Longer lets one cluster remember more addresses, and each new one costs as much as there are. A pool keeps its own. */
const CLEANUP_MS = 1_000;
/** Of pooled HTTP connections to the destination that serve nobody. */
const POOL_IDLE_MS = 60_000;

/** The clusters of all buckets: to where the connection was going, by the protocol it came with. */
export function clusters(settings: EnvoySettings): Cluster[] {
  const options = httpProtocolOptions();
  return Array.from({ length: BUCKETS }, (_, i) => bucket(bucketCluster(i), options, settings));
}

function bucket(name: string, httpOptions: Any, { upstreamMark }: EnvoySettings): Cluster {
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    connectTimeout: durationFromMs(CONNECT_TIMEOUT_MS),
    perConnectionBufferLimitBytes: BUFFER_BYTES,
    cleanupInterval: durationFromMs(CLEANUP_MS),
    circuitBreakers: {
      thresholds: [
        {
          priority: RoutingPriority.DEFAULT,
          maxConnections: UNLIMITED,
          maxPendingRequests: UNLIMITED,
          maxRequests: UNLIMITED,
          maxRetries: 0,
        },
      ],
    },
    typedExtensionProtocolOptions: { [HttpProtocolOptionsSchema.typeName]: httpOptions },
    ...(upstreamMark === undefined ? {} : { upstreamBindConfig: { socketOptions: [markOption(upstreamMark)] } }),
  });
}

function httpProtocolOptions(): Any {
  return any(HttpProtocolOptionsSchema, {
    commonHttpProtocolOptions: {
      idleTimeout: durationFromMs(POOL_IDLE_MS),
      maxHeadersCount: MAX_HEADERS,
      maxResponseHeadersKb: MAX_HEADERS_KB,
    },
    upstreamProtocolOptions: {
      case: "useDownstreamProtocolConfig",
      value: { httpProtocolOptions: http1Options(), http2ProtocolOptions: { allowConnect: true } },
    },
  });
}

/** SOL_SOCKET, SO_MARK as Linux numbers them: how the redirection tells the proxy's own connections. */
function markOption(mark: number) {
  return {
    description: "own traffic",
    level: 1n,
    name: 36n,
    value: { case: "intValue", value: BigInt(mark) },
    state: SocketOption_SocketState.STATE_PREBIND,
  } as const;
}
