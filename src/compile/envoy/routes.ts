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
import type { Port } from "../../policy/net/index.ts";
import {
  compareText,
  HTTP_LEVELS,
  type HttpLevel,
  type HttpView,
  levelFinder,
  type NameSet,
  patternsOf,
} from "../table/index.ts";
import { RBAC_FILTER, rbacByAddress, rbacOff } from "./rbac.ts";
import { GRPC_CONTENT_TYPE, HTTP_2, NO_HOST, WELL_FORMED_HOST } from "./request-kinds.ts";
import { BUCKETS, bucketCluster, HEADERS, portHeader } from "./settings.ts";

/** What decides the requests of one port: rules, or a mode that has none. */
export type Requests = HttpView | "all" | "none";

/**
 * The table of one port: names are virtual hosts, addresses the access control of the table, whose default is to
 * deny. `All` is the same table with nothing to ask.
 */
export function routeTable(name: string, requests: Requests, guests: readonly Guest[] = []): RouteConfiguration {
  if (typeof requests !== "string" && guests.length > 0) return sharedTable(name, [...guests, { view: requests }]);
  const view = typeof requests === "string" ? undefined : requests;
  const rest = requests === "all" ? [connectRoute(), allowRoute("all", [])] : routes(anyLevel(view));
  return create(RouteConfigurationSchema, {
    name,
    virtualHosts: [...named(view), ...missingHost(view), virtualHost("rest", ["*"], rest)],
    ignorePortInHostMatching: true,
    typedPerFilterConfig: view === undefined ? {} : { [RBAC_FILTER]: rbacByAddress([view]) },
  });
}

/** A port whose rules stand in the table of any port: they ask for the destination's port. */
export interface Guest {
  readonly port: Port;
  readonly view: HttpView;
}

/** The layers of a shared table: guests, then what holds on every port. */
type Layers = readonly { readonly port?: Port; readonly view: HttpView }[];

/** One virtual host for the names that have the same level on every port. */
function sharedTable(name: string, layers: Layers): RouteConfiguration {
  const finders = layers.map(({ view }) => levelFinder(view.names));
  const hosts = new Map<string, { readonly levels: readonly Level[]; readonly domains: Set<string> }>();
  for (const { view } of layers)
    for (const pattern of HTTP_LEVELS.flatMap((level) => patternsOf(view.names[level]))) {
      if (pattern.kind === "any") continue;
      const levels = finders.map((find) => find(pattern));
      const key = signature(layers, levels);
      const host = hosts.get(key) ?? { levels, domains: new Set() };
      hosts.set(key, host);
      const domain = pattern.kind === "exact" ? pattern.name : `*.${pattern.rest}`;
      host.domains.add(domain).add(`${domain}.`);
    }
  const rest = finders.map((find) => find({ kind: "any" }));
  const named = [...hosts].sort(([a], [b]) => compareText(a, b));
  return create(RouteConfigurationSchema, {
    name,
    virtualHosts: [
      ...named.map(([key, { levels, domains }]) =>
        virtualHost(key, [...domains].sort(compareText), sharedRoutes(layers, levels)),
      ),
      ...(rest.every((level) => level === undefined) ? [] : [noHost()]),
      virtualHost("rest", ["*"], sharedRoutes(layers, rest)),
    ],
    ignorePortInHostMatching: true,
    typedPerFilterConfig: {
      [RBAC_FILTER]: rbacByAddress(layers.map(({ port, view: { blocks } }) => ({ ...(port && { port }), blocks }))),
    },
  });
}

type Level = HttpLevel | undefined;

const signature = (layers: Layers, levels: readonly Level[]): string =>
  layers.flatMap(({ port = "any" }, i) => (levels[i] === undefined ? [] : [`${port}-${levels[i]}`])).join(" ");

/** As `routes`, and a level of one port asks for the port. */
function sharedRoutes(layers: Layers, levels: readonly Level[]): Route[] {
  const byName = layers.flatMap(({ port }, i) => {
    const level = levels[i];
    if (level === undefined) return [];
    if (port === undefined) return [allowRoute("by-name", conditions(level))];
    if (level === levels.at(-1)) return []; // on every port the same
    const toPort = header(HEADERS.port, { case: "exact", value: portHeader(port) });
    return [allowRoute(`by-name-${port}`, [toPort, ...conditions(level)])];
  });
  return [connectRoute(), ...byName, upstreamRoute("by-address", [])];
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
  return anyLevel(view) === undefined ? [] : [noHost()];
}

const noHost = (): VirtualHost => virtualHost("no-host", [NO_HOST, `${NO_HOST}.`], routes(undefined));

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
