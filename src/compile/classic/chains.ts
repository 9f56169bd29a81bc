import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { type CidrRange, CidrRangeSchema } from "../../gen/envoy/config/core/v3/address_pb.js";
import {
  type Filter,
  type FilterChain,
  FilterChainSchema,
  FilterSchema,
} from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { type VirtualHost, VirtualHostSchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import { RouterSchema } from "../../gen/envoy/extensions/filters/http/router/v3/router_pb.js";
import { HttpConnectionManagerSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { isL7 } from "../../policy/model/index.ts";
import type { Family } from "./base.ts";
import { cidrText } from "./cidr-text.ts";
import { chainName, clusterName, statName } from "./names.ts";
import { type ClassicMatch, type ClassicRoute, RANKS } from "./order.ts";
import { type ClassicSettings, listedRanges } from "./settings.ts";
import { tcpFilter } from "./tcp-filter.ts";

const NO_MATCH_BODY =
  "This response comes from Kuma Sidecar. No routes matched this domain - check configuration of your MeshPassthrough policy.\n";

/** The families whose listeners get the chain of a match. */
export function familiesOf({ rank }: ClassicMatch): readonly Family[] {
  if (rank === RANKS.ip4 || rank === RANKS.cidr4) return ["ipv4"];
  return rank === RANKS.ip6 || rank === RANKS.cidr6 ? ["ipv6"] : ["ipv4", "ipv6"];
}

/** The chain of a match on the listener of one family. */
export function chainOf(match: ClassicMatch, family: Family, settings: ClassicSettings): FilterChain {
  const { protocol, port, value } = match;
  const name = chainName(protocol, value, port);
  const isHttp = isL7(protocol);
  return create(FilterChainSchema, {
    name,
    filterChainMatch: {
      transportProtocol: protocol === "tls" ? "tls" : "raw_buffer",
      applicationProtocols: isHttp ? ["http/1.1", "h2c"] : [],
      prefixRanges: prefixRanges(match, family),
      serverNames: !isHttp && match.rank <= RANKS.domain && value !== "*" ? [value] : [],
      ...(port === 0 ? {} : { destinationPort: port }),
    },
    filters: [isHttp ? httpFilter(name, virtualHosts(match), settings) : tcpFilter(clusterName(protocol, value, port))],
  });
}

/** Names of the clusters that the chain of a match leads to. */
export function clustersOf({ protocol, port, value, routes, rank }: ClassicMatch): readonly string[] {
  const isByRoute = isL7(protocol) && rank <= RANKS.domain;
  return isByRoute
    ? routes.map((route) => clusterName(protocol, route.value, port))
    : [clusterName(protocol, value, port)];
}

/** An address as it is written, with the length of the listener's family; of a block the network. */
function prefixRanges({ rank, value }: ClassicMatch, family: Family): CidrRange[] {
  if (rank <= RANKS.domain) return [];
  const isBlock = rank === RANKS.cidr4 || rank === RANKS.cidr6;
  const { network, length } = isBlock ? cidrText(value) : { network: value, length: family === "ipv4" ? 32 : 128 };
  return [create(CidrRangeSchema, { addressPrefix: network, prefixLen: length })];
}

function virtualHosts(match: ClassicMatch): VirtualHost[] {
  const { protocol, port, value, rank } = match;
  if (rank > RANKS.domain) return [virtualHost(value, ["*"], clusterName(protocol, value, port))];
  const hosts = match.routes.map((route) =>
    virtualHost(route.value, domainsOf(route, port), clusterName(protocol, route.value, port)),
  );
  return [...hosts, noMatch()];
}

/** With the port of the chain; where that is any, only an exact name is taken with any port. */
function domainsOf({ value, rank }: ClassicRoute, port: number): string[] {
  if (port !== 0) return [value, `${value}:${port}`];
  return rank === RANKS.wildcard ? [value] : [value, `${value}:*`];
}

function virtualHost(name: string, domains: string[], cluster: string): VirtualHost {
  return create(VirtualHostSchema, {
    name,
    domains,
    routes: [
      {
        match: { pathSpecifier: { case: "prefix", value: "/" } },
        action: { case: "route", value: { clusterSpecifier: { case: "cluster", value: cluster } } },
      },
    ],
  });
}

function noMatch(): VirtualHost {
  const body = { specifier: { case: "inlineString", value: NO_MATCH_BODY } } as const;
  return create(VirtualHostSchema, {
    name: "no_match",
    domains: ["*"],
    routes: [
      {
        match: { pathSpecifier: { case: "prefix", value: "/" } },
        action: { case: "directResponse", value: { status: 503, body } },
      },
    ],
  });
}

function httpFilter(name: string, hosts: VirtualHost[], settings: ClassicSettings): Filter {
  const router = anyPack(RouterSchema, create(RouterSchema));
  const manager = create(HttpConnectionManagerSchema, {
    statPrefix: statName(name),
    routeSpecifier: { case: "routeConfig", value: { name, virtualHosts: hosts } },
    httpFilters: [{ name: "envoy.filters.http.router", configType: { case: "typedConfig", value: router } }],
    internalAddressConfig: {
      cidrRanges: listedRanges(settings).map(({ address, prefix }) => ({ addressPrefix: address, prefixLen: prefix })),
    },
  });
  return create(FilterSchema, {
    name: "envoy.filters.network.http_connection_manager",
    configType: { case: "typedConfig", value: anyPack(HttpConnectionManagerSchema, manager) },
  });
}
