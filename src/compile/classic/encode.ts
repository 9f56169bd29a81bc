import { createRegistry, type Registry, toJson } from "@bufbuild/protobuf";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { file_envoy_extensions_filters_http_router_v3_router } from "../../gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import { file_envoy_extensions_filters_listener_http_inspector_v3_http_inspector } from "../../gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.js";
import { file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector } from "../../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import { file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy } from "../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { file_envoy_extensions_upstreams_http_v3_http_protocol_options } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import type { ClassicResources } from "./base.ts";

/** Every message that the output holds inside an Any: JSON needs their types. */
export const classicRegistry: Registry = createRegistry(
  file_envoy_extensions_filters_http_router_v3_router,
  file_envoy_extensions_filters_listener_http_inspector_v3_http_inspector,
  file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector,
  file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager,
  file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy,
  file_envoy_extensions_upstreams_http_v3_http_protocol_options,
);

/** The resources in canonical protobuf JSON, as text; of the form that our own target has. */
export function classicJson({ listeners, clusters }: ClassicResources): string {
  const options = { registry: classicRegistry };
  const json = {
    listeners: listeners.map((listener) => toJson(ListenerSchema, listener, options)),
    routes: [],
    clusters: clusters.map((cluster) => toJson(ClusterSchema, cluster, options)),
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}
