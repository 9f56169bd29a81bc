import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type HeaderMatcher,
  HeaderMatcherSchema,
  type Route,
  RouteSchema,
  type VirtualHost,
  VirtualHostSchema,
} from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { type RouteConfiguration, RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import { RegexMatcherSchema } from "../../gen/envoy/type/matcher/v3/regex_pb.js";
import { type StringMatcher, StringMatcherSchema } from "../../gen/envoy/type/matcher/v3/string_pb.js";
import { compareText, HTTP_LEVELS, type HttpLevel, type HttpView, type NameSet } from "../table/index.ts";
import { RBAC_FILTER, rbacByAddress, rbacOff } from "./rbac.ts";
import { GRPC_CONTENT_TYPE, HTTP_2, NO_HOST, WELL_FORMED_HOST } from "./request-kinds.ts";
import { BUCKETS, bucketCluster, HEADERS } from "./settings.ts";

/** What decides the requests of one port: rules, or a mode that has none. */
export type Requests = HttpView | "all" | "none";

/**
 * The table of one port: names are virtual hosts, addresses the access control of the table, whose default is to
 * deny. `All` is the same table with nothing to ask.
 */
export function routeTable(name: string, requests: Requests): RouteConfiguration {
  const view = typeof requests === "string" ? undefined : requests;
  const rest = requests === "all" ? [connectRoute(), allowRoute("all", [])] : routes(anyLevel(view));
  return create(RouteConfigurationSchema, {
    name,
    virtualHosts: [...named(view), ...missingHost(view), virtualHost("rest", ["*"], rest)],
    ignorePortInHostMatching: true,
    typedPerFilterConfig: view === undefined ? {} : { [RBAC_FILTER]: rbacByAddress(view.blocks) },
  });
}

/** One virtual host a level, for the names that have it. */
function named(view: HttpView | undefined): VirtualHost[] {
  if (view === undefined) return [];
  return HTTP_LEVELS.flatMap((level) => {
    const domains = hostDomains(view.names[level]);
    return domains.length === 0 ? [] : [virtualHost(level, domains, routes(level))];
  });
}

/** Where `*` is ruled, the stand-in for a missing host must not count as a name. */
function missingHost(view: HttpView | undefined): VirtualHost[] {
  if (anyLevel(view) === undefined) return [];
  return [virtualHost("no-host", [NO_HOST, `${NO_HOST}.`], routes(undefined))];
}

/** The level that `*` has. */
function anyLevel(view: HttpView | undefined): HttpLevel | undefined {
  return view === undefined ? undefined : HTTP_LEVELS.find((level) => view.names[level].any);
}

/** Names with and without a trailing dot: Envoy compares them as sent, and taking the dot off would change the request. */
function hostDomains({ exact, suffix }: NameSet): string[] {
  const names = [...exact, ...suffix.map((rest) => `*.${rest}`)];
  return names.flatMap((name) => [name, `${name}.`]).sort(compareText);
}

function virtualHost(name: string, domains: string[], routes: Route[]): VirtualHost {
  return create(VirtualHostSchema, { name, domains, routes });
}

/** What a virtual host does: names of a level are admitted, everything else asks for the address. */
function routes(level: HttpLevel | undefined): Route[] {
  const byName = level === undefined ? [] : [allowRoute("by-name", conditions(level))];
  return [connectRoute(), ...byName, upstreamRoute("by-address", [])];
}

/** `CONNECT` is refused; without this route the answer would be 404. */
function connectRoute(): Route {
  return create(RouteSchema, {
    name: "connect",
    match: { pathSpecifier: { case: "connectMatcher", value: {} } },
    action: { case: "directResponse", value: { status: 403 } },
    typedPerFilterConfig: { [RBAC_FILTER]: rbacOff() },
  });
}

/** Admits whatever meets the conditions, wherever it goes. */
function allowRoute(name: string, headers: HeaderMatcher[]): Route {
  const route = upstreamRoute(name, headers);
  route.typedPerFilterConfig[RBAC_FILTER] = rbacOff();
  return route;
}

/** To the destination of the connection, without a time limit; the access control of the table decides. */
function upstreamRoute(name: string, headers: HeaderMatcher[]): Route {
  const clusters = Array.from({ length: BUCKETS }, (_, i) => ({ name: bucketCluster(i), weight: 1 }));
  return create(RouteSchema, {
    name,
    match: { pathSpecifier: { case: "prefix", value: "/" }, headers },
    action: {
      case: "route",
      value: {
        timeout: durationFromMs(0),
        maxStreamDuration: { maxStreamDuration: durationFromMs(0) },
        // By the hash of the destination, so that an address is in the same bucket as for TCP.
        clusterSpecifier: {
          case: "weightedClusters",
          value: { clusters, randomValueSpecifier: { case: "useHashPolicy", value: { value: true } } },
        },
        hashPolicy: [{ policySpecifier: { case: "header", value: { headerName: HEADERS.destination } } }],
      },
    },
  });
}

function conditions(level: HttpLevel): HeaderMatcher[] {
  const host = header(":authority", { case: "safeRegex", value: regex(WELL_FORMED_HOST) });
  const http2 = header(HEADERS.protocol, { case: "exact", value: HTTP_2 });
  const grpc = header("content-type", { case: "safeRegex", value: regex(GRPC_CONTENT_TYPE) });
  if (level === "http") return [host];
  return level === "http2" ? [host, http2] : [host, http2, grpc];
}

const regex = (text: string) => create(RegexMatcherSchema, { regex: text });

function header(name: string, matchPattern: StringMatcher["matchPattern"]): HeaderMatcher {
  const value = create(StringMatcherSchema, { matchPattern });
  return create(HeaderMatcherSchema, { name, headerMatchSpecifier: { case: "stringMatch", value } });
}
