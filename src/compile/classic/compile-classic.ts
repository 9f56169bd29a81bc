import { create } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import type { Cluster } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import {
  type ListenerFilter,
  ListenerFilterSchema,
} from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { HttpInspectorSchema } from "../../gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.js";
import { TlsInspectorSchema } from "../../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import { HttpProtocolOptionsSchema } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js";
import { type ClassicResources, FAMILIES, type Family, originalDst, outboundName } from "./base.ts";
import { chainOf, clustersOf, familiesOf } from "./chains.ts";
import type { ClassicConf } from "./conf.ts";
import { type ClassicMatch, orderMatches } from "./order.ts";
import { type ClassicSettings, DEFAULT_CLASSIC_SETTINGS } from "./settings.ts";

/**
 * What is there after the policy, sorted by name. `error`: Kuma's text; it then keeps whatever configuration the proxy
 * has, all of it, and `resources` is what the attempt had changed by then.
 */
export interface ClassicCompiled {
  readonly resources: ClassicResources;
  readonly error?: string;
}

/**
 * Apply a merged configuration to the resources of the transparent proxy. Without one (no policy, or none that has an
 * effect) they stay as they are. `passthrough` is the Mesh's flag.
 */
export function compileClassic(
  existing: ClassicResources,
  conf: ClassicConf | undefined,
  passthrough: boolean,
  settings: ClassicSettings = DEFAULT_CLASSIC_SETTINGS,
): ClassicCompiled {
  if (conf === undefined) return { resources: sorted(existing) };
  const mode = conf.mode ?? "Matched";
  if (mode === "All") return { resources: sorted(passthrough ? existing : withDefaultClusters(existing)) };
  const closed = withoutDefaultClusters(existing);
  if (mode === "None" || conf.rules.length === 0) return { resources: sorted(closed) };
  const order = orderMatches(conf.rules);
  if (!order.ok) return { resources: sorted(closed), error: order.messages.join("; ") };
  return { resources: sorted(withMatches(closed, order.matches, settings)) };
}

const DEFAULT_CLUSTERS = FAMILIES.map(outboundName);

const withoutDefaultClusters = ({ listeners, clusters }: ClassicResources): ClassicResources => ({
  listeners,
  clusters: clusters.filter(({ name }) => !DEFAULT_CLUSTERS.includes(name)),
});

/** Which the flag left out: of both families, also where only one has a listener. */
function withDefaultClusters({ listeners, clusters }: ClassicResources): ClassicResources {
  const missing = DEFAULT_CLUSTERS.filter((name) => clusters.every((cluster) => cluster.name !== name));
  return { listeners, clusters: [...clusters, ...missing.map((name) => originalDst(name))] };
}

/** The listener of a family that no match concerns keeps its chain. */
function withMatches(
  { listeners, clusters }: ClassicResources,
  matches: readonly ClassicMatch[],
  settings: ClassicSettings,
): ClassicResources {
  const added = new Map<string, Cluster>();
  const changed = listeners.map((listener) => {
    const family = FAMILIES.find((one) => outboundName(one) === listener.name);
    const own = family === undefined ? [] : matches.filter((match) => familiesOf(match).includes(family));
    if (family === undefined || own.length === 0) return listener;
    for (const match of own) for (const name of clustersOf(match)) added.set(name, clusterOf(name, match));
    return matched(listener, own, family, settings);
  });
  return { listeners: changed, clusters: [...clusters, ...added.values()] };
}

function matched(
  listener: Listener,
  matches: readonly ClassicMatch[],
  family: Family,
  settings: ClassicSettings,
): Listener {
  const missing = INSPECTORS.filter(({ name }) => listener.listenerFilters.every((filter) => filter.name !== name));
  return create(ListenerSchema, {
    ...listener,
    filterChains: matches.map((match) => chainOf(match, family, settings)),
    listenerFilters: [...listener.listenerFilters, ...missing],
  });
}

const INSPECTORS: readonly ListenerFilter[] = [
  inspector("tls_inspector", anyPack(TlsInspectorSchema, create(TlsInspectorSchema))),
  inspector("http_inspector", anyPack(HttpInspectorSchema, create(HttpInspectorSchema))),
];

function inspector(name: string, value: Any): ListenerFilter {
  return create(ListenerFilterSchema, {
    name: `envoy.filters.listener.${name}`,
    configType: { case: "typedConfig", value },
  });
}

/** HTTP/2 to the destination where the protocol of the rule says so, whatever the client speaks. */
function clusterOf(name: string, { protocol }: ClassicMatch): Cluster {
  if (protocol !== "http2" && protocol !== "grpc") return originalDst(name);
  const options = create(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: "explicitHttpConfig",
      value: { protocolConfig: { case: "http2ProtocolOptions", value: {} } },
    },
  });
  return originalDst(name, {
    typedExtensionProtocolOptions: {
      [HttpProtocolOptionsSchema.typeName]: anyPack(HttpProtocolOptionsSchema, options),
    },
  });
}

interface Named {
  readonly name: string;
}

const byName = (a: Named, b: Named): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const sorted = ({ listeners, clusters }: ClassicResources): ClassicResources => ({
  listeners: [...listeners].sort(byName),
  clusters: [...clusters].sort(byName),
});
