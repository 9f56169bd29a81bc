import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type HeaderMutation,
  HeaderMutationSchema as MutationSchema,
} from "../../gen/envoy/config/common/mutation_rules/v3/mutation_rules_pb.js";
import { HeaderValueOption_HeaderAppendAction } from "../../gen/envoy/config/core/v3/base_pb.js";
import { ApiVersion } from "../../gen/envoy/config/core/v3/config_source_pb.js";
import { type FilterChain, FilterChainSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { RBAC_Action } from "../../gen/envoy/config/rbac/v3/rbac_pb.js";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import { HeaderMutationSchema as HeaderMutationFilterSchema } from "../../gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.js";
import { RBACSchema } from "../../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import { RouterSchema } from "../../gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import {
  type HttpConnectionManager,
  HttpConnectionManager_CodecType,
  HttpConnectionManager_ServerHeaderTransformation,
  HttpConnectionManagerSchema,
  type HttpFilter,
  HttpFilterSchema,
} from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { HeaderMutationSchema as EarlyHeaderMutationSchema } from "../../gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js";
import { accessLog } from "./access-log.ts";
import { localReplies } from "./denial.ts";
import { any, extension } from "./extension.ts";
import { http1Options, MAX_HEADERS, MAX_HEADERS_KB } from "./http-options.ts";
import { RBAC_FILTER } from "./rbac.ts";
import { NO_HOST } from "./request-kinds.ts";
import { type EnvoySettings, HEADERS } from "./settings.ts";

/** Where a chain finds its routes: by name from whoever serves the listener, or in itself. */
export type RouteSource = { readonly rds: string } | { readonly inline: RouteConfiguration };

const HEADERS_TIMEOUT_MS = 10_000;
/** Of connections without a request. */
const IDLE_MS = 3_600_000;

/** The chain of one port's HTTP. Its bytes depend on the port's name alone, never on rules. */
export function httpChain(name: string, routes: RouteSource, settings: EnvoySettings): FilterChain {
  const manager = any(HttpConnectionManagerSchema, connectionManager(routes, settings));
  return create(FilterChainSchema, {
    name,
    filters: [
      { name: "envoy.filters.network.http_connection_manager", configType: { case: "typedConfig", value: manager } },
    ],
  });
}

/** HTTP as it came, as far as Envoy can: what is left on its defaults changes nothing. */
function connectionManager(routes: RouteSource, settings: EnvoySettings): HttpConnectionManager {
  return create(HttpConnectionManagerSchema, {
    statPrefix: "mp_http", // one for all ports: each of its own would cost 15 KB
    codecType: HttpConnectionManager_CodecType.AUTO,
    routeSpecifier: "inline" in routes ? { case: "routeConfig", value: routes.inline } : rds(routes.rds),
    generateRequestId: false,
    preserveExternalRequestId: true,
    serverHeaderTransformation: HttpConnectionManager_ServerHeaderTransformation.PASS_THROUGH,
    skipXffAppend: true,
    proxy100Continue: true,
    streamIdleTimeout: durationFromMs(0),
    requestHeadersTimeout: durationFromMs(HEADERS_TIMEOUT_MS),
    maxRequestHeadersKb: MAX_HEADERS_KB,
    upgradeConfigs: [{ upgradeType: "websocket" }],
    accessLog: [accessLog("http", settings)],
    accessLogOptions: { flushAccessLogOnNewRequest: true },
    earlyHeaderMutationExtensions: [
      extension("sallyport.early", EarlyHeaderMutationSchema, { mutations: onArrival() }),
    ],
    localReplyConfig: localReplies(),
    httpProtocolOptions: http1Options({ acceptHttp10: true, defaultHostForHttp10: NO_HOST }),
    http2ProtocolOptions: { allowConnect: true, overrideStreamErrorOnInvalidHttpMessage: true },
    commonHttpProtocolOptions: { idleTimeout: durationFromMs(IDLE_MS), maxHeadersCount: MAX_HEADERS },
    httpFilters: httpFilters(),
  });
}

function rds(routeConfigName: string) {
  const configSource = {
    resourceApiVersion: ApiVersion.V3,
    configSourceSpecifier: { case: "ads", value: {} },
  } as const;
  return { case: "rds", value: { routeConfigName, configSource } } as const;
}

function httpFilters(): HttpFilter[] {
  return [
    // Admits nothing by itself: a table without access control denies.
    filter(RBAC_FILTER, any(RBACSchema, { rules: { action: RBAC_Action.ALLOW } })),
    filter(
      "envoy.filters.http.header_mutation",
      any(HeaderMutationFilterSchema, { mutations: { requestMutations: beforeUpstream() } }),
    ),
    filter("envoy.filters.http.router", any(RouterSchema, { suppressEnvoyHeaders: true })),
  ];
}

function filter(name: string, value: ReturnType<typeof any>): HttpFilter {
  return create(HttpFilterSchema, { name, configType: { case: "typedConfig", value } });
}

/** Facts for the routes, as headers; whatever the client sent under these names is gone. */
function onArrival(): HeaderMutation[] {
  return [
    set(HEADERS.protocol, "%PROTOCOL%"),
    set(HEADERS.destination, "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%"),
    set(HEADERS.port, ":%DOWNSTREAM_LOCAL_PORT%"),
    remove(HEADERS.forwardedProto),
    set(HEADERS.forwardedProto, "%REQ(x-forwarded-proto)%"),
  ];
}

/** Our headers go, and `x-forwarded-proto`, which Envoy always sets, is again what the client sent, or absent. */
function beforeUpstream(): HeaderMutation[] {
  return [
    remove("x-forwarded-proto"),
    append("x-forwarded-proto", `%REQ(${HEADERS.forwardedProto})%`),
    remove(HEADERS.forwardedProto),
    remove(HEADERS.protocol),
    remove(HEADERS.destination),
    remove(HEADERS.port),
  ];
}

const remove = (name: string): HeaderMutation => create(MutationSchema, { action: { case: "remove", value: name } });

const { APPEND_IF_EXISTS_OR_ADD, OVERWRITE_IF_EXISTS_OR_ADD } = HeaderValueOption_HeaderAppendAction;
const append = (key: string, value: string) => write(key, value, APPEND_IF_EXISTS_OR_ADD);
const set = (key: string, value: string) => write(key, value, OVERWRITE_IF_EXISTS_OR_ADD);

function write(key: string, value: string, appendAction: HeaderValueOption_HeaderAppendAction): HeaderMutation {
  return create(MutationSchema, { action: { case: "append", value: { header: { key, value }, appendAction } } });
}
