import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { type Filter, FilterSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { TcpProxySchema } from "../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { statName } from "./names.ts";

/** Bytes to a cluster, counted under its name. */
export function tcpFilter(cluster: string): Filter {
  const proxy = create(TcpProxySchema, {
    statPrefix: statName(cluster),
    clusterSpecifier: { case: "cluster", value: cluster },
  });
  const value = anyPack(TcpProxySchema, proxy);
  return create(FilterSchema, {
    name: "envoy.filters.network.tcp_proxy",
    configType: { case: "typedConfig", value },
  });
}
