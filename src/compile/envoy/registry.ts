import { createRegistry, type Registry } from "@bufbuild/protobuf";
import { file_google_protobuf_wrappers } from "@bufbuild/protobuf/wkt";
import { file_envoy_config_bootstrap_v3_bootstrap } from "../../gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { file_envoy_config_rbac_v3_rbac } from "../../gen/envoy/config/rbac/v3/rbac_pb.js";
import { file_envoy_extensions_access_loggers_file_v3_file } from "../../gen/envoy/extensions/access_loggers/file/v3/file_pb.js";
import { file_envoy_extensions_access_loggers_filters_cel_v3_cel } from "../../gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js";
import { file_envoy_extensions_access_loggers_stream_v3_stream } from "../../gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js";
import { file_envoy_extensions_filters_http_header_mutation_v3_header_mutation } from "../../gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.js";
import { file_envoy_extensions_filters_http_rbac_v3_rbac } from "../../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import { file_envoy_extensions_filters_http_router_v3_router } from "../../gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import { file_envoy_extensions_filters_listener_original_dst_v3_original_dst } from "../../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js";
import { file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector } from "../../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import { file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy } from "../../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { file_envoy_extensions_http_early_header_mutation_header_mutation_v3_header_mutation } from "../../gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js";
import { file_envoy_extensions_http_header_formatters_preserve_case_v3_preserve_case } from "../../gen/envoy/extensions/http/header_formatters/preserve_case/v3/preserve_case_pb.js";
import { file_envoy_extensions_matching_common_inputs_network_v3_network_inputs } from "../../gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import { file_envoy_extensions_matching_input_matchers_consistent_hashing_v3_consistent_hashing } from "../../gen/envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing_pb.js";
import { file_envoy_extensions_matching_input_matchers_ip_v3_ip } from "../../gen/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.js";
import { file_envoy_extensions_resource_monitors_downstream_connections_v3_downstream_connections } from "../../gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.js";
import { file_envoy_extensions_resource_monitors_fixed_heap_v3_fixed_heap } from "../../gen/envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap_pb.js";
import { file_envoy_extensions_upstreams_http_v3_http_protocol_options } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { file_envoy_type_matcher_v3_http_inputs } from "../../gen/envoy/type/matcher/v3/http_inputs_pb.js";
import { file_xds_type_matcher_v3_domain } from "../../gen/xds/type/matcher/v3/domain_pb.js";

/** Every message that the output holds inside an Any: JSON needs their types. */
export const envoyRegistry: Registry = createRegistry(
  file_google_protobuf_wrappers,
  file_envoy_config_bootstrap_v3_bootstrap,
  file_envoy_config_rbac_v3_rbac,
  file_envoy_extensions_access_loggers_filters_cel_v3_cel,
  file_envoy_extensions_access_loggers_file_v3_file,
  file_envoy_extensions_access_loggers_stream_v3_stream,
  file_envoy_extensions_filters_http_header_mutation_v3_header_mutation,
  file_envoy_extensions_filters_http_rbac_v3_rbac,
  file_envoy_extensions_filters_http_router_v3_router,
  file_envoy_extensions_filters_listener_original_dst_v3_original_dst,
  file_envoy_extensions_filters_listener_tls_inspector_v3_tls_inspector,
  file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager,
  file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy,
  file_envoy_extensions_http_early_header_mutation_header_mutation_v3_header_mutation,
  file_envoy_extensions_http_header_formatters_preserve_case_v3_preserve_case,
  file_envoy_extensions_matching_common_inputs_network_v3_network_inputs,
  file_envoy_extensions_matching_input_matchers_consistent_hashing_v3_consistent_hashing,
  file_envoy_extensions_matching_input_matchers_ip_v3_ip,
  file_envoy_extensions_resource_monitors_downstream_connections_v3_downstream_connections,
  file_envoy_extensions_resource_monitors_fixed_heap_v3_fixed_heap,
  file_envoy_extensions_upstreams_http_v3_http_protocol_options,
  file_envoy_type_matcher_v3_http_inputs,
  file_xds_type_matcher_v3_domain,
);
