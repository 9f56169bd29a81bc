import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  ClusterSchema,
} from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import { type Listener, ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { TransparentProxying } from "../../policy/model/index.ts";
import { statName } from "./names.ts";
import { tcpFilter } from "./tcp-filter.ts";

/** What Kuma gives an Envoy for the transparent proxy. Routes are inside the listeners. */
export interface ClassicResources {
  readonly listeners: readonly Listener[];
  readonly clusters: readonly Cluster[];
}

/** Families in Kuma's names. */
export const FAMILIES = ["ipv4", "ipv6"] as const;
export type Family = (typeof FAMILIES)[number];

/** Listener and cluster of what nobody else takes. */
export const outboundName = (family: Family): string => `outbound:passthrough:${family}`;
const inboundName = (family: Family): string => `inbound:passthrough:${family}`;

const ANY_ADDRESS: Readonly<Record<Family, string>> = { ipv4: "0.0.0.0", ipv6: "::" };
/** Where inbound connections are passed on from, so that they can be told. */
const INBOUND_SOURCE: Readonly<Record<Family, string>> = { ipv4: "127.0.0.6", ipv6: "::6" };

/**
 * The resources before any policy, sorted by name. `passthrough` is the Mesh's flag: without it the outbound listeners
 * lead to clusters that do not exist.
 */
export function baseResources(proxying: TransparentProxying | undefined, passthrough: boolean): ClassicResources {
  if (proxying === undefined || proxying.redirectPortOutbound === 0) return { listeners: [], clusters: [] };
  const families = proxying.ipFamilyMode === "IPv4" ? (["ipv4"] as const) : FAMILIES;
  return {
    clusters: [
      ...families.map((family) => inboundCluster(family)),
      ...(passthrough ? families.map((family) => originalDst(outboundName(family))) : []),
    ],
    listeners: [
      ...families.map((family) => inboundListener(family, proxying.redirectPortInbound)),
      ...families.map((family) => outboundListener(family, proxying.redirectPortOutbound)),
    ],
  };
}

/** A cluster that goes where the connection was going. `more`: what only some have. */
export function originalDst(name: string, more: MessageInitShape<typeof ClusterSchema> = {}): Cluster {
  return create(ClusterSchema, {
    name,
    altStatName: statName(name),
    connectTimeout: durationFromMs(5_000),
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.ORIGINAL_DST },
    ...more,
  });
}

function inboundCluster(family: Family): Cluster {
  const sourceAddress = { address: INBOUND_SOURCE[family], portSpecifier: { case: "portValue", value: 0 } } as const;
  return originalDst(inboundName(family), { upstreamBindConfig: { sourceAddress } });
}

const outboundListener = (family: Family, port: number): Listener =>
  passthroughListener(outboundName(family), family, port, { trafficDirection: TrafficDirection.OUTBOUND });

const inboundListener = (family: Family, port: number): Listener =>
  passthroughListener(inboundName(family), family, port, {
    trafficDirection: TrafficDirection.INBOUND,
    enableReusePort: false,
  });

function passthroughListener(
  name: string,
  family: Family,
  port: number,
  more: { readonly trafficDirection: TrafficDirection; readonly enableReusePort?: boolean },
): Listener {
  const socketAddress = { address: ANY_ADDRESS[family], portSpecifier: { case: "portValue", value: port } } as const;
  return create(ListenerSchema, {
    name,
    address: { address: { case: "socketAddress", value: socketAddress } },
    useOriginalDst: true,
    filterChains: [{ filters: [tcpFilter(name)] }],
    ...more,
  });
}
