import type { Cluster } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { FilterChain } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { Port } from "../../policy/net/index.ts";
import { ANY_PORT, comparePortKey, httpView, type PortKey, rulesOfPort, type Table } from "../table/index.ts";
import { clusters } from "./clusters.ts";
import { httpChain } from "./http-chain.ts";
import { outListener, rawListener } from "./listeners.ts";
import { type Requests, routeTable } from "./routes.ts";
import { type EnvoySettings, httpName, NAMES } from "./settings.ts";
import { tcpChains } from "./tcp-chain.ts";
import { outTree, rawTree } from "./tree.ts";

/** What Envoy is given. Every listener, route table and cluster of one proxy; order and bytes are stable. */
export interface EnvoyResources {
  readonly listeners: readonly Listener[];
  readonly routes: readonly RouteConfiguration[];
  readonly clusters: readonly Cluster[];
}

/** One resource: how it is made, and everything that it is made from; the same values give the same bytes. */
export interface Recipe<M> {
  readonly name: string;
  readonly from: readonly unknown[];
  readonly make: () => M;
}

/** The resources of {@link EnvoyResources}, not made yet. */
export type Recipes = {
  readonly [kind in keyof EnvoyResources]: readonly Recipe<EnvoyResources[kind][number]>[];
};

/** The configuration of a proxy that gets its route tables over xDS. Total: every table has one. */
export function compileEnvoy(table: Table, settings: EnvoySettings): EnvoyResources {
  const { listeners, routes, clusters } = recipes(table, settings, frameOf(settings));
  return { listeners: listeners.map(made), routes: routes.map(made), clusters: clusters.map(made) };
}

const made = <M>({ make }: Recipe<M>): M => make();

/** The same with the route tables inside the listeners, for a proxy without a control plane. */
export function compileInline(table: Table, settings: EnvoySettings): EnvoyResources {
  const frame = frameOf(settings);
  const chains = httpPorts(table, settings).map((port) =>
    httpChain(httpName(port), { inline: tableOf(table, port, settings) }, settings),
  );
  return {
    listeners: [
      out(table, chains, frame, settings),
      ...(settings.rawPort === undefined ? [] : [raw(table, settings.rawPort, frame)]),
    ],
    routes: [],
    clusters: frame.clusters,
  };
}

/** What depends on settings alone, but for the ports that are kept. */
export interface Frame {
  readonly settings: EnvoySettings;
  readonly pass: FilterChain[];
  readonly clusters: readonly Cluster[];
  /** Chains of HTTP by name, as far as they were needed. */
  readonly http: Map<string, FilterChain>;
}

/** Nothing in it is from rules. */
export const frameOf = (settings: EnvoySettings): Frame => ({
  settings,
  pass: tcpChains(settings),
  clusters: clusters(settings),
  http: new Map(),
});

/** `frame`: of these settings, or of such as differ in nothing but the ports that are kept. */
export function recipes(table: Table, settings: EnvoySettings, frame: Frame): Recipes {
  const ports = httpPorts(table, settings);
  const { rawPort } = settings;
  const listeners: Recipe<Listener>[] = [
    {
      name: NAMES.out,
      from: [frame, table.mode, table.tcp, table.tlsBlocks, table.tlsNames, ...portKeys(table, settings)],
      make: () =>
        out(
          table,
          ports.map((port) => rdsChain(httpName(port), frame)),
          frame,
          settings,
        ),
    },
  ];
  if (rawPort !== undefined)
    listeners.push({
      name: NAMES.raw,
      from: [frame, table.mode, table.tcp],
      make: () => raw(table, rawPort, frame),
    });
  return {
    listeners,
    routes: ports.map((port) => ({
      name: httpName(port),
      from: [
        table.mode,
        ...rulesOfPort(table, port),
        ...guestsOf(port, settings).flatMap((guest) => [guest, ...rulesOfPort(table, guest)]),
      ],
      make: () => tableOf(table, port, settings),
    })),
    clusters: frame.clusters.map((cluster) => ({ name: cluster.name, from: [frame], make: () => cluster })),
  };
}

function out(
  table: Table,
  http: readonly FilterChain[],
  { pass, settings }: Frame,
  { sharedHttpPorts = [] }: EnvoySettings,
): Listener {
  return outListener(
    { filterChainMatcher: outTree(table, sharedHttpPorts), filterChains: [...pass, ...http] },
    settings,
  );
}

const raw = (table: Table, port: number, { pass, settings }: Frame): Listener =>
  rawListener(port, { filterChainMatcher: rawTree(table), filterChains: pass }, settings);

function rdsChain(name: string, { http, settings }: Frame): FilterChain {
  const chain = http.get(name) ?? httpChain(name, { rds: name }, settings);
  http.set(name, chain);
  return chain;
}

/** Those that HTTP rules name, `any` for the rest if they leave it open, and those that are kept. */
function httpPorts(table: Table, { extraHttpPorts = [], sharedHttpPorts = [] }: EnvoySettings): PortKey[] {
  const own = portsOf(table).filter((port) => port === ANY_PORT || !sharedHttpPorts.includes(port));
  return [...new Set<PortKey>([...own, ...extraHttpPorts])].sort(comparePortKey);
}

const portsOf = (table: Table): PortKey[] => table.http.map(({ port }) => port);

/** All that decides which chains there are, and which of them a port's HTTP goes to. */
const portKeys = (table: Table, settings: EnvoySettings): string[] =>
  [portsOf(table), httpPorts(table, settings), settings.sharedHttpPorts ?? []].map((ports) => ports.join());

const guestsOf = (port: PortKey, { sharedHttpPorts = [] }: EnvoySettings): readonly Port[] =>
  port === ANY_PORT ? sharedHttpPorts : [];

function tableOf(table: Table, port: PortKey, settings: EnvoySettings): RouteConfiguration {
  const guests = table.mode === "Matched" ? guestsOf(port, settings) : [];
  const views = guests.map((guest) => ({ port: guest, view: httpView(table, guest) }));
  return routeTable(httpName(port), requests(table, port), views);
}

function requests(table: Table, port: PortKey): Requests {
  if (table.mode === "Matched") return httpView(table, port);
  return table.mode === "All" ? "all" : "none";
}
