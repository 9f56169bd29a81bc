import type { RouteConfiguration } from "../gen/envoy/config/route/v3/route_pb.js";
import { ExpressionFilterSchema } from "../gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js";
import { RBACSchema } from "../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import type { HttpConnectionManager } from "../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { HeaderMutationSchema } from "../gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js";
import { type Access, accessOf, DENY } from "./access.ts";
import type { Arrival, Facts, Request } from "./arrival.ts";
import { routesOf } from "./routes.ts";
import { typeOf, unpack } from "./unpack.ts";
import type { Answer, World } from "./world.ts";

/** Characters that Envoy's codecs let through in `Host` and `:authority`; with others the answer is 400. */
const AUTHORITY = /^[\w.~%!$&'()*+,;=:@[\]-]*$/;

const isRefused = (version: Request["version"], authority: string | undefined): boolean =>
  authority === undefined || !AUTHORITY.test(authority) || (version === "2" && authority.includes("@"));

/** Does the HTTP side refuse this request itself, whatever the routes say? `defaultHost`: for HTTP/1.0 without `Host`. */
export function codecRefuses({ connection, authority }: Arrival, defaultHost: string | undefined): boolean {
  if (connection.kind !== "http") return false;
  const { version, host } = connection;
  return isRefused(version, authority ?? host ?? (version === "1.0" ? defaultHost : undefined));
}

const PROTOCOL = { "1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2" } as const;

/** What the HTTP side answers to a connection that was given to it. */
export function httpManagerOf(manager: HttpConnectionManager, world: World): (facts: Facts) => Answer {
  const { acceptHttp10 = false, defaultHostForHttp10 = "" } = manager.httpProtocolOptions ?? {};
  const upgrades = new Set(manager.upgradeConfigs.map(({ upgradeType }) => upgradeType));
  const header = headersOf(manager, world);
  const access = accessFilter(manager, world);
  const denial = denialStatus(manager);
  const answer = routesOf(tableOf(manager, world), { world, header, denial, ...access });
  return (facts) => {
    const { request } = facts;
    if (request === undefined) return 400; // bytes that are no HTTP
    if (request.version === "1.0" && !acceptHttp10) return 426;
    const missing = request.version === "1.0" && defaultHostForHttp10 !== "" ? defaultHostForHttp10 : undefined;
    const authority = request.authority ?? missing;
    if (authority === undefined || isRefused(request.version, authority)) return 400;
    if (request.upgrade !== undefined && !upgrades.has(request.upgrade)) return 403;
    return answer({ ...facts, request: { ...request, authority } }, authority);
  };
}

function tableOf({ routeSpecifier }: HttpConnectionManager, { routes, fault }: World): RouteConfiguration | undefined {
  if (routeSpecifier.case === "routeConfig") return routeSpecifier.value;
  const name = routeSpecifier.case === "rds" ? routeSpecifier.value.routeConfigName : "";
  return routes.get(name) ?? fault(`no route table ${name}`);
}

/** Headers as routes see them: those of the request, and those that are set on arrival to what Envoy knows. */
function headersOf(
  manager: HttpConnectionManager,
  { fault }: World,
): (name: string, facts: Facts) => string | undefined {
  const early = new Map<string, string>();
  for (const { typedConfig } of manager.earlyHeaderMutationExtensions) {
    const mutations = unpack(typedConfig, HeaderMutationSchema)?.mutations;
    for (const { action } of mutations ?? fault(`unknown mutation ${typeOf(typedConfig)}`) ?? [])
      if (action.case === "append" && action.value.header !== undefined)
        early.set(action.value.header.key, action.value.header.value);
  }
  return (name, { request, port }) => {
    const format = early.get(name);
    if (request === undefined) return undefined;
    if (format === ":%DOWNSTREAM_LOCAL_PORT%") return `:${port}`;
    if (format === undefined) return request.header(name) ?? (name === ":authority" ? request.authority : undefined);
    return format === "%PROTOCOL%" ? PROTOCOL[request.version] : undefined;
  };
}

/** The access control filter, with what it does where no route says otherwise. */
function accessFilter(manager: HttpConnectionManager, { fault }: World): { filter?: string; access?: Access } {
  for (const { name, configType } of manager.httpFilters) {
    const config = configType.case === "typedConfig" ? unpack(configType.value, RBACSchema) : undefined;
    if (config === undefined) continue;
    const isPlain = config.rules !== undefined && Object.keys(config.rules.policies).length === 0;
    // Policies of no rule allow nothing.
    if (isPlain && config.matcher === undefined) return { filter: name, access: DENY };
    return { filter: name, access: accessOf(config, { fault, header: () => undefined }) };
  }
  return {};
}

const IS_DENIAL = "response.code_details.startsWith('rbac_access_denied')";

/** What the 403 of access control becomes. */
function denialStatus({ localReplyConfig }: HttpConnectionManager): number {
  const mapper = localReplyConfig?.mappers.find(({ filter }) => {
    const specifier = filter?.filterSpecifier;
    const { configType } = specifier?.case === "extensionFilter" ? specifier.value : {};
    return unpack(configType?.value, ExpressionFilterSchema)?.expression === IS_DENIAL;
  });
  return mapper?.statusCode ?? 403;
}
