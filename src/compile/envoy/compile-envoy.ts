import type { Cluster } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Listener } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import { comparePortKey, httpView, type PortKey, type Table } from "../table/index.ts";
import { clusters } from "./clusters.ts";
import { httpChain, type RouteSource } from "./http-chain.ts";
import { outListener, rawListener } from "./listeners.ts";
import { type Requests, routeTable } from "./routes.ts";
import { type EnvoySettings, httpName } from "./settings.ts";
import { tcpChains } from "./tcp-chain.ts";
import { outTree, rawTree } from "./tree.ts";

/** What Envoy is given. Every listener, route table and cluster of one proxy; order and bytes are stable. */
export interface EnvoyResources {
  readonly listeners: readonly Listener[];
  readonly routes: readonly RouteConfiguration[];
  readonly clusters: readonly Cluster[];
}

/** The configuration of a proxy that gets its route tables over xDS. Total: every table has one. */
export function compileEnvoy(table: Table, settings: EnvoySettings): EnvoyResources {
  const routes = routeTables(table, settings);
  const sources = routes.map(({ name }) => ({ rds: name }));
  return { listeners: listeners(table, sources, settings), routes, clusters: clusters(settings) };
}

/** The same with the route tables inside the listeners, for a proxy without a control plane. */
export function compileInline(table: Table, settings: EnvoySettings): EnvoyResources {
  const sources = routeTables(table, settings).map((inline) => ({ inline }));
  return { listeners: listeners(table, sources, settings), routes: [], clusters: clusters(settings) };
}

function listeners(table: Table, sources: readonly RouteSource[], settings: EnvoySettings): Listener[] {
  const pass = tcpChains(settings);
  const http = sources.map((source) => httpChain("rds" in source ? source.rds : source.inline.name, source, settings));
  const out = outListener({ filterChainMatcher: outTree(table), filterChains: [...pass, ...http] }, settings);
  if (settings.rawPort === undefined) return [out];
  return [out, rawListener(settings.rawPort, { filterChainMatcher: rawTree(table), filterChains: pass }, settings)];
}

/** One for each port that HTTP rules name, one for the rest if they leave it open, and those that are kept. */
function routeTables(table: Table, settings: EnvoySettings): RouteConfiguration[] {
  const ports = new Set<PortKey>([...table.http.map(({ port }) => port), ...(settings.extraHttpPorts ?? [])]);
  return [...ports].sort(comparePortKey).map((port) => routeTable(httpName(port), requests(table, port)));
}

function requests(table: Table, port: PortKey): Requests {
  if (table.mode === "Matched") return httpView(table, port);
  return table.mode === "All" ? "all" : "none";
}
