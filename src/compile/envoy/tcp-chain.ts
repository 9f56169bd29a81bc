import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type FilterChain, FilterChainSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { TcpProxySchema } from "../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { accessLog } from "./access-log.ts";
import { any } from "./extension.ts";
import { BUCKETS, bucketCluster, type EnvoySettings, NAMES, passChain } from "./settings.ts";

/** The chains that look at nothing: one a bucket, and one that closes. Their bytes never depend on rules. */
export function tcpChains(settings: EnvoySettings): FilterChain[] {
  const log = [accessLog("tcp", settings)];
  const pass = Array.from({ length: BUCKETS }, (_, i) =>
    chain(passChain(i), {
      statPrefix: "mp_pass",
      clusterSpecifier: { case: "cluster", value: bucketCluster(i) },
      idleTimeout: durationFromMs(0), // no limit
      accessLog: log,
      accessLogOptions: { flushAccessLogOnConnected: true },
    }),
  );
  const refuse = chain(NAMES.refuseLocal, {
    statPrefix: "mp_refuse_local",
    clusterSpecifier: { case: "cluster", value: NAMES.noCluster },
  });
  return [refuse, ...pass];
}

function chain(name: string, init: Parameters<typeof any<typeof TcpProxySchema>>[1]): FilterChain {
  const value = any(TcpProxySchema, init);
  return create(FilterChainSchema, {
    name,
    filters: [{ name: "envoy.filters.network.tcp_proxy", configType: { case: "typedConfig", value } }],
  });
}
