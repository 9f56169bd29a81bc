import { type EncodedResources, type EnvoySettings, encodeEnvoy } from "../../compile/envoy/index.ts";
import { buildTable, httpChains, type PortKey, type Table } from "../../compile/table/index.ts";
import { notEnforced } from "../../policy/merge/index.ts";
import type { EffectivePolicy } from "../../policy/model/index.ts";
import {
  type EncodedResource,
  encodeResource,
  type ResourceSet,
  resourceSet,
  type Snapshot,
  TYPE_URLS,
} from "../../xds/index.ts";
import type { RegisteredProxy } from "../registry/index.ts";

/** Where the redirection is not ours, a server that speaks first waits this long: as short as clients allow. */
const INSPECTION_MS = 500;

const NOTHING: Snapshot = new Map<string, ResourceSet>([
  [TYPE_URLS.cluster, new Map()],
  [TYPE_URLS.listener, new Map()],
  [TYPE_URLS.route, new Map()],
]);

/** Resources of one type as they were compiled. */
type Resources = EncodedResources["listeners"];

interface Compiled {
  readonly effective: EffectivePolicy;
  readonly outboundPort: number;
  readonly table: Table;
  readonly encoded: EncodedResources;
  readonly snapshot: Snapshot;
}

/**
 * Configuration of Envoys without an agent, compiled when one first asks, and shared by all that enforce the same. One
 * listener, no raw one: the redirection is not ours, and sends everything to the Dataplane's `redirectPortOutbound`.
 */
export class CompiledSnapshots {
  readonly #shared = new WeakMap<EffectivePolicy, Map<string, Compiled>>();
  /** What a proxy was last given: the next differs little. */
  readonly #latest = new Map<string, Compiled>();
  /** HTTP ports that a proxy ever had: connections may still be on them, and removing a chain cuts its connections. */
  readonly #ports = new Map<string, readonly PortKey[]>();

  of({ id, dataplane, effective }: RegisteredProxy): Snapshot {
    const outboundPort = dataplane.transparentProxying?.redirectPortOutbound ?? 0;
    if (notEnforced(dataplane) !== undefined || outboundPort === 0) return NOTHING;
    const latest = this.#latest.get(id);
    if (latest?.effective === effective && latest.outboundPort === outboundPort) return latest.snapshot;
    const table = buildTable(effective, latest?.table);
    const { ports: extraHttpPorts, shared: sharedHttpPorts } = httpChains(table, this.#ports.get(id) ?? []);
    this.#ports.set(id, extraHttpPorts);
    const known = this.#shared.get(effective) ?? new Map<string, Compiled>();
    this.#shared.set(effective, known);
    const key = JSON.stringify([outboundPort, extraHttpPorts, sharedHttpPorts]);
    const compiled =
      known.get(key) ?? compile(effective, table, { outboundPort, extraHttpPorts, sharedHttpPorts }, latest);
    known.set(key, compiled);
    this.#latest.set(id, compiled);
    return compiled.snapshot;
  }

  /** Those that are no longer there cost nothing. */
  keepOnly(ids: { has(id: string): boolean }): void {
    for (const id of this.#latest.keys()) if (!ids.has(id)) this.#latest.delete(id);
  }
}

function compile(
  effective: EffectivePolicy,
  table: Table,
  settings: Pick<EnvoySettings, "outboundPort" | "extraHttpPorts" | "sharedHttpPorts">,
  latest: Compiled | undefined,
): Compiled {
  const whole: EnvoySettings = { ...settings, inspectionTimeoutMs: INSPECTION_MS, accessLog: "stdout" };
  const encoded = encodeEnvoy(table, whole, latest?.encoded);
  const snapshot: Snapshot = new Map([
    [TYPE_URLS.cluster, onWire(encoded.clusters)],
    [TYPE_URLS.listener, onWire(encoded.listeners)],
    [TYPE_URLS.route, onWire(encoded.routes)],
  ]);
  return { effective, outboundPort: settings.outboundPort, table, encoded, snapshot };
}

/** A resource that stays is hashed and wrapped once. */
const wrapped = new WeakMap<Resources[number], EncodedResource>();

function onWire(resources: Resources): ResourceSet {
  return resourceSet(
    resources.map((resource) => {
      const one = wrapped.get(resource) ?? encodeResource(resource.typeUrl, resource.name, resource.value);
      wrapped.set(resource, one);
      return one;
    }),
  );
}
