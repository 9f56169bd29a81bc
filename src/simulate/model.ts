import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { type Cluster, Cluster_DiscoveryType } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { FilterChain } from "../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "../gen/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "../gen/envoy/config/route/v3/route_pb.js";
import { HttpInspectorSchema } from "../gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.js";
import { OriginalDstSchema } from "../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js";
import { TlsInspectorSchema } from "../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import { HttpConnectionManagerSchema } from "../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { TcpProxySchema } from "../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { type Arrival, type Facts, factsOf, type Inspection } from "./arrival.ts";
import { type ChainChoice, filterChainsOf } from "./filter-chains.ts";
import { httpManagerOf } from "./http-manager.ts";
import { choiceOf } from "./matcher.ts";
import { type Fault, typeOf, unpack } from "./unpack.ts";
import type { Answer, World } from "./world.ts";

/** All resources of one Envoy. */
export interface Resources {
  readonly listeners: readonly Listener[];
  readonly routes: readonly RouteConfiguration[];
  readonly clusters: readonly Cluster[];
}

/** A configuration that can be asked. */
export interface EnvoyModel {
  /** Why Envoy would refuse the configuration, and what in it the model does not know; answers count only without any. */
  readonly faults: readonly string[];
  /** What becomes of a connection that is handed to the listener; undefined where there is no such listener. */
  answer(listener: string, arrival: Arrival): Answer | undefined;
}

/** The model of a configuration. Reading it is what takes time, not asking. */
export function modelOf({ listeners, routes, clusters }: Resources): EnvoyModel {
  const faults: string[] = [];
  const fault: Fault = (text) => {
    faults.push(text);
    return undefined;
  };
  const world: World = {
    routes: new Map(routes.map((table) => [table.name, table])),
    clusters: new Set(clusters.filter(isOriginalDestination).map(({ name }) => name)),
    fault,
  };
  const answers = new Map(listeners.map((listener) => [listener.name, listenerOf(listener, world)]));
  return { faults, answer: (listener, arrival) => answers.get(listener)?.(arrival) };
}

const isOriginalDestination = ({ clusterDiscoveryType: { case: kind, value } }: Cluster): boolean =>
  kind === "type" && value === Cluster_DiscoveryType.ORIGINAL_DST;

function listenerOf(listener: Listener, world: World): (arrival: Arrival) => Answer {
  const inspects = inspectionOf(listener, world);
  const isPatient = listener.continueOnListenerFiltersTimeout || !(inspects.tls || inspects.http);
  const choice = chainChoice(listener, world);
  const answers = new Map(listener.filterChains.map((chain) => [chain, chainAnswer(chain, world)]));
  if (listener.filterChains.length === 0) world.fault(`listener ${listener.name} has no filter chain`);
  if (listener.defaultFilterChain !== undefined) world.fault(`listener ${listener.name} has a default chain`);
  return (arrival) => {
    if (arrival.isSilent === true && !isPatient) return "closed";
    const facts = factsOf(arrival, inspects);
    const chain = choice(facts);
    if (chain === undefined || chain === "unclear") return chain ?? "closed";
    return answers.get(chain)?.(facts) ?? "closed";
  };
}

function inspectionOf({ listenerFilters }: Listener, { fault }: World): Inspection {
  const inspects = { tls: false, http: false };
  for (const { configType, name } of listenerFilters) {
    const any = configType.case === "typedConfig" ? configType.value : undefined;
    if (unpack(any, TlsInspectorSchema) !== undefined) inspects.tls = true;
    else if (unpack(any, HttpInspectorSchema) !== undefined) inspects.http = true;
    else if (unpack(any, OriginalDstSchema) === undefined) fault(`unknown listener filter ${name}`);
  }
  return inspects;
}

/** By the matcher, where there is one: the matches of chains play no part then. */
function chainChoice({ filterChainMatcher, filterChains }: Listener, { fault }: World): (facts: Facts) => ChainChoice {
  if (filterChainMatcher === undefined) return filterChainsOf(filterChains, fault);
  const chains = new Map(filterChains.map((chain) => [chain.name, chain]));
  if (chains.size < filterChains.length) fault("two chains of one name");
  return choiceOf(filterChainMatcher, {
    fault,
    header: () => undefined, // requests come later
    action: ({ typedConfig }) => {
      const name = unpack(typedConfig, StringValueSchema)?.value ?? typeOf(typedConfig);
      return chains.get(name) ?? fault(`no chain ${name}`);
    },
  });
}

function chainAnswer({ name, filters, transportSocket }: FilterChain, world: World): (facts: Facts) => Answer {
  const [filter, ...others] = filters;
  const any = filter?.configType.case === "typedConfig" ? filter.configType.value : undefined;
  const manager = unpack(any, HttpConnectionManagerSchema);
  const proxy = unpack(any, TcpProxySchema);
  if (others.length > 0 || transportSocket !== undefined || (manager ?? proxy) === undefined)
    world.fault(`unknown chain ${name}`);
  if (manager !== undefined) return httpManagerOf(manager, world);
  const target = proxy?.clusterSpecifier;
  const isKnown = target?.case === "cluster" && world.clusters.has(target.value);
  return () => (isKnown ? "admitted" : "closed");
}
