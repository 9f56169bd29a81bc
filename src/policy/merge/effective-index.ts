import { type ProxyGroup, SelectionIndex } from "../match/index.ts";
import type { Dataplane, EffectivePolicy, Mesh, MeshPassthrough } from "../model/index.ts";
import { mergePolicies, notEnforced } from "./effective-policy.ts";

/** What a proxy enforces, and because of which policies. */
export interface Merged {
  /** Those that select it, lowest precedence first. */
  readonly policies: readonly MeshPassthrough[];
  /** One object for all proxies that the same policies select; the same one until that changes. */
  readonly effective: EffectivePolicy;
}

interface Shared extends Merged {
  readonly key: string;
  groups: number;
}

/**
 * What every proxy of one mesh enforces, kept up to date change by change: always equal to `effectivePolicy` of all its
 * resources. Resources carry their computed labels. What is merged is merged once for all proxies that it holds for.
 */
export class EffectiveIndex {
  readonly #selection = new SelectionIndex((dataplane) => notEnforced(dataplane) ?? "");
  readonly #merged = new Map<ProxyGroup, Shared>();
  readonly #shared = new Map<string, Shared>();
  readonly #numbers = new WeakMap<MeshPassthrough, number>();
  #lastNumber = 0;
  #mesh: Mesh | undefined;
  #isMeshChanged = false;

  /** The Mesh, or that there is none. */
  setMesh(mesh: Mesh | undefined): void {
    this.#isMeshChanged ||= mesh?.passthrough !== this.#mesh?.passthrough;
    this.#mesh = mesh;
  }

  /** Adds a policy, or replaces the one of that name. */
  putPolicy(policy: MeshPassthrough): void {
    this.#numbers.set(policy, ++this.#lastNumber);
    this.#selection.putPolicy(policy);
  }

  deletePolicy(name: string): void {
    this.#selection.deletePolicy(name);
  }

  /** Adds a proxy, or replaces the one of that name. */
  putProxy(dataplane: Dataplane): void {
    this.#selection.putProxy(dataplane);
  }

  deleteProxy(name: string): void {
    this.#selection.deleteProxy(name);
  }

  /**
   * Takes all changes since the last time into account. Gives the names of the proxies that may enforce something else
   * than before, of those that were written anew, and of those that are gone.
   */
  refresh(): ReadonlySet<string> {
    const { groups, proxies } = this.#selection.takeChanges();
    const names = new Set(proxies);
    for (const group of [...groups, ...this.#judgedByMesh()]) {
      const before = this.#merged.get(group);
      const after = this.#merge(group);
      if (after !== before) for (const name of group.proxies.keys()) names.add(name);
      if (before !== undefined && --before.groups === 0) this.#shared.delete(before.key);
    }
    return names;
  }

  /** As of the last `refresh`; undefined for a proxy that is not known. */
  of(proxy: string): Merged | undefined {
    const group = this.#selection.groupOf(proxy);
    return group === undefined ? undefined : this.#merged.get(group);
  }

  /** How many different effective policies there are, as of the last `refresh`: what they take in memory grows with it. */
  get distinct(): number {
    return this.#shared.size;
  }

  /** Groups of which the Mesh's flag decides, if that has changed. */
  *#judgedByMesh(): Generator<ProxyGroup> {
    if (!this.#isMeshChanged) return;
    this.#isMeshChanged = false;
    for (const group of this.#merged.keys()) if (group.policies.length === 0) yield group;
  }

  #merge(group: ProxyGroup): Shared | undefined {
    const [dataplane] = group.proxies.values();
    if (dataplane === undefined) {
      this.#merged.delete(group);
      return undefined;
    }
    const { policies } = group;
    const flag = policies.length === 0 ? this.#mesh?.passthrough : undefined;
    const key = `${notEnforced(dataplane)} ${flag} ${policies.map((policy) => this.#numbers.get(policy)).join()}`;
    const shared = this.#shared.get(key) ?? {
      key,
      policies,
      effective: mergePolicies(this.#mesh, policies, dataplane),
      groups: 0,
    };
    shared.groups++;
    this.#shared.set(key, shared);
    this.#merged.set(group, shared);
    return shared;
  }
}
