import { compileEnvoy, encodeResources } from "../../compile/envoy/index.ts";
import { buildTable, comparePortKey, type PortKey } from "../../compile/table/index.ts";
import { notEnforced } from "../../policy/merge/index.ts";
import type { EffectivePolicy } from "../../policy/model/index.ts";
import { encodeResource, type ResourceSet, resourceSet, type Snapshot, TYPE_URLS } from "../../xds/index.ts";
import type { RegisteredProxy } from "../registry/index.ts";

/** Where the redirection is not ours, a server that speaks first waits this long: as short as clients allow. */
const INSPECTION_MS = 500;

const NOTHING: Snapshot = new Map<string, ResourceSet>([
  [TYPE_URLS.cluster, new Map()],
  [TYPE_URLS.listener, new Map()],
  [TYPE_URLS.route, new Map()],
]);

/**
 * Configuration of Envoys without an agent, compiled when one first asks, and shared by all that enforce the same. One
 * listener, no raw one: the redirection is not ours, and sends everything to the Dataplane's `redirectPortOutbound`.
 */
export class CompiledSnapshots {
  readonly #shared = new WeakMap<EffectivePolicy, Map<string, Snapshot>>();
  /** HTTP ports that a proxy ever had: connections may still be on them, and removing a chain cuts its connections. */
  readonly #ports = new Map<string, ReadonlySet<PortKey>>();

  of({ id, dataplane, effective }: RegisteredProxy): Snapshot {
    const outboundPort = dataplane.transparentProxying?.redirectPortOutbound ?? 0;
    if (notEnforced(dataplane) !== undefined || outboundPort === 0) return NOTHING;
    const table = buildTable(effective);
    const ports = new Set([...(this.#ports.get(id) ?? []), ...table.http.map(({ port }) => port)]);
    this.#ports.set(id, ports);
    const extraHttpPorts = [...ports].sort(comparePortKey);
    const snapshots = this.#shared.get(effective) ?? new Map<string, Snapshot>();
    this.#shared.set(effective, snapshots);
    const key = JSON.stringify([outboundPort, extraHttpPorts]);
    const known = snapshots.get(key);
    if (known !== undefined) return known;
    const compiled = compileEnvoy(table, {
      outboundPort,
      inspectionTimeoutMs: INSPECTION_MS,
      accessLog: "stdout",
      extraHttpPorts,
    });
    const { clusters, listeners, routes } = encodeResources(compiled);
    const snapshot: Snapshot = new Map(
      [clusters, listeners, routes].flatMap((list, index) => {
        const type = [TYPE_URLS.cluster, TYPE_URLS.listener, TYPE_URLS.route][index] ?? "";
        return [[type, resourceSet(list.map(({ name, value }) => encodeResource(type, name, value)))]];
      }),
    );
    snapshots.set(key, snapshot);
    return snapshot;
  }
}
