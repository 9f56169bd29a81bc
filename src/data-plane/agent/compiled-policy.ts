import type { ProxyPolicy } from "../../compile/agent/index.ts";
import { type EncodedResources, type EnvoySettings, encodeEnvoy } from "../../compile/envoy/index.ts";
import { type RedirectSets, type RedirectSettings, redirectSets } from "../../compile/nftables/index.ts";
import { buildTable, httpChains, type PortKey, type Table } from "../../compile/table/index.ts";
import type { EffectivePolicy } from "../../policy/model/index.ts";
import type { IpAddress } from "../../policy/net/index.ts";
import { type EncodedResource, encodeResource, type ResourceSet, resourceSet } from "../../xds/index.ts";
import type { Identity } from "../host/index.ts";
import type { EnvoySnapshot } from "./envoy-feed.ts";

/** What the host is like, as far as compiled policies depend on it. */
export interface HostFacts {
  readonly identity: Identity;
  /** Of `mp:out`, whatever the Dataplane says; absent: as the Dataplane says. */
  readonly fixedOutboundPort?: number;
  /** Absent: there is only `mp:out`, since the redirection is somebody else's. */
  readonly rawPort?: number;
  readonly resolvers: readonly IpAddress[];
  /** Can `::1` be listened on? */
  readonly ipv6: boolean;
}

/** A policy in the form of each enforcement point. */
export interface CompiledPolicy {
  readonly policy: EffectivePolicy;
  readonly snapshot: EnvoySnapshot;
  readonly sets: RedirectSets;
  /** Absent where the redirection is not ours. */
  readonly redirect?: RedirectSettings;
  /** Those of the listeners; the first one inspects. */
  readonly ports: readonly [number, ...number[]];
  /** How long the first listener waits for bytes, ms. */
  readonly inspectionMs: number;
  /** Every port that has an HTTP chain of its own. */
  readonly httpPorts: readonly PortKey[];
}

/** A proxy that was never told anything lets nothing out. */
export const denyAll = (owner: { mesh: string; name: string }): ProxyPolicy => ({
  mesh: owner.mesh,
  proxy: owner.name,
  policy: { enforced: true, mode: { value: "None", source: "default" }, rules: [] },
  policies: [],
  redirectPortOutbound: 0,
  ipFamilyMode: "UnSpecified",
});

/** Kuma's default. */
export const DEFAULT_OUTBOUND_PORT = 15_001;
export const DEFAULT_RAW_PORT = 15_003;
/** Chains that are kept for connections which may be on them cost Envoy 85 KB each. */
const MAX_IDLE_HTTP_PORTS = 128;
const OWN_INSPECTION_MS = 5_000;
/** Where no set tells server-first protocols apart, they all wait this long. */
const FOREIGN_INSPECTION_MS = 500;

/** On the way to a compiled policy, for the next one. */
const steps = new WeakMap<CompiledPolicy, { readonly table: Table; readonly encoded: EncodedResources }>();

/**
 * Total: every policy compiles. `earlierHttpPorts`: chains that Envoy has, and that connections may be on. What is the
 * same as in `earlier` is taken from there; the result does not depend on it.
 */
export function compilePolicy(
  { policy, redirectPortOutbound, ipFamilyMode }: ProxyPolicy,
  host: HostFacts,
  earlierHttpPorts: readonly PortKey[],
  earlier?: CompiledPolicy,
): CompiledPolicy {
  const before = earlier === undefined ? undefined : steps.get(earlier);
  const table = buildTable(policy, before?.table);
  const chains = httpChains(table, earlierHttpPorts, MAX_IDLE_HTTP_PORTS);
  const port = host.fixedOutboundPort ?? (redirectPortOutbound === 0 ? DEFAULT_OUTBOUND_PORT : redirectPortOutbound);
  const { identity, rawPort, resolvers } = host;
  const inspectionMs = rawPort === undefined ? FOREIGN_INSPECTION_MS : OWN_INSPECTION_MS;
  const settings: EnvoySettings = {
    outboundPort: port,
    inspectionTimeoutMs: inspectionMs,
    accessLog: "file",
    extraHttpPorts: chains.ports,
    sharedHttpPorts: chains.shared,
    ipv6: host.ipv6,
    ...(rawPort !== undefined && { rawPort }),
    ...(identity.kind === "mark" && { upstreamMark: identity.mark }),
  };
  const redirect: RedirectSettings | undefined =
    rawPort === undefined
      ? undefined
      : {
          outboundPort: port,
          rawPort,
          identity: identity.kind === "uid" ? { uid: identity.uid } : { mark: identity.mark },
          resolvers,
          mode: table.mode,
          ipv6: ipFamilyMode === "IPv4" ? "refuse" : "redirect",
        };
  const encoded = encodeEnvoy(table, settings, before?.encoded);
  const compiled: CompiledPolicy = {
    policy,
    snapshot: snapshot(encoded),
    sets: redirectSets(table),
    ports: rawPort === undefined ? [port] : [port, rawPort],
    inspectionMs,
    httpPorts: chains.ports,
    ...(redirect !== undefined && { redirect }),
  };
  steps.set(compiled, { table, encoded });
  return compiled;
}

const snapshot = ({ clusters, listeners, routes }: EncodedResources): EnvoySnapshot => ({
  clusters: onWire(clusters),
  listeners: onWire(listeners),
  routes: onWire(routes),
});

/** A resource that stays is hashed and wrapped once. */
const wrapped = new WeakMap<EncodedResources["clusters"][number], EncodedResource>();

function onWire(resources: EncodedResources["clusters"]): ResourceSet {
  return resourceSet(
    resources.map((resource) => {
      const one = wrapped.get(resource) ?? encodeResource(resource.typeUrl, resource.name, resource.value);
      wrapped.set(resource, one);
      return one;
    }),
  );
}
