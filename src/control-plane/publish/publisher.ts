import { encodeEffectivePolicy, encodeHead } from "../../compile/agent/index.ts";
import { type EffectivePolicy, policyRef, type RevocationMode } from "../../policy/model/index.ts";
import {
  type Body,
  type EncodedResource,
  encodeWithBody,
  type ResourceSet,
  type Snapshot,
  splitBody,
  TYPE_URLS,
} from "../../xds/index.ts";
import { proxyIdOf, type RegisteredProxy, type Registry } from "../registry/index.ts";
import { CompiledSnapshots } from "./compiled.ts";

interface Published {
  readonly proxy: RegisteredProxy;
  readonly resource: EncodedResource;
}

/**
 * What goes out over xDS: to agents the effective policies, each under `<mesh>/<proxy>`; to an Envoy without an agent
 * its listeners, routes and clusters. A proxy that is gone is sent nothing, not something empty: its agent keeps what
 * it has.
 */
export class Publisher {
  readonly #registry: Registry;
  readonly #revocation: Pick<EffectivePolicy, "revocation">;
  readonly #compiled = new CompiledSnapshots();
  /** Encoded and kept once for all proxies that enforce the same. */
  readonly #bodies = new WeakMap<EffectivePolicy, Map<string, Body>>();
  #published = new Map<string, Published>();
  #policies: ResourceSet = new Map();

  /** `revocation`: for proxies whose policies say nothing; absent: each sidecar has its own setting. */
  constructor(registry: Registry, revocation?: RevocationMode) {
    this.#registry = registry;
    this.#revocation = revocation === undefined ? {} : { revocation };
    this.refresh();
  }

  /** Take over what the registry has now; what has not changed keeps its bytes. */
  refresh(): void {
    const published = new Map<string, Published>();
    for (const proxy of this.#registry.proxies()) {
      const before = this.#published.get(proxy.id);
      const isSame = before?.proxy.effective === proxy.effective && before.proxy.dataplane === proxy.dataplane;
      published.set(proxy.id, isSame ? before : { proxy, resource: this.#encode(proxy) });
    }
    this.#published = published;
    this.#compiled.keepOnly(published);
    this.#policies = new Map([...published].map(([id, { resource }]) => [id, resource]));
  }

  /** Whether an agent that asks for this proxy gets something. */
  has(id: string): boolean {
    return this.#published.has(id);
  }

  /** For the client of that node id, now and after each `refresh`. */
  snapshotFor(node: string): Snapshot {
    return {
      get: (type) => {
        if (type === TYPE_URLS.effectivePolicy) return this.#policies;
        const id = this.proxyOfNode(node);
        const proxy = id === undefined ? undefined : this.#published.get(id)?.proxy;
        return proxy === undefined ? undefined : this.#compiled.of(proxy).get(type);
      },
    };
  }

  /** The proxy of a node id as Kuma makes it, `<mesh>.<dataplane>`; both may contain dots, so all are tried. */
  proxyOfNode(node: string): string | undefined {
    for (let dot = node.indexOf("."); dot > 0; dot = node.indexOf(".", dot + 1)) {
      const id = proxyIdOf(node.slice(0, dot), node.slice(dot + 1));
      if (this.#published.has(id)) return id;
    }
    return undefined;
  }

  #encode(proxy: RegisteredProxy): EncodedResource {
    const { dataplane, effective, id, policies } = proxy;
    const { mesh, name } = dataplane.meta;
    const redirectPortOutbound = dataplane.transparentProxying?.redirectPortOutbound ?? 0;
    const ipFamilyMode = dataplane.transparentProxying?.ipFamilyMode ?? "UnSpecified";
    const bodies = this.#bodies.get(effective) ?? new Map<string, Body>();
    this.#bodies.set(effective, bodies);
    const key = `${redirectPortOutbound} ${ipFamilyMode}`;
    const body =
      bodies.get(key) ??
      splitBody(
        encodeEffectivePolicy({
          mesh: "",
          proxy: "",
          policy: { ...this.#revocation, ...effective },
          policies: policies.map((policy) => policyRef(policy)),
          redirectPortOutbound,
          ipFamilyMode,
        }),
      );
    bodies.set(key, body);
    return encodeWithBody(TYPE_URLS.effectivePolicy, id, encodeHead({ mesh, proxy: name }), body);
  }
}
