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
  /** By what they were made of; the few that share a key differ in their policies. */
  readonly #shared = new Map<string, readonly Shared[]>();
  #distinct = 0;
  #mesh: Mesh | undefined;
  #isMeshChanged = false;

  /** The Mesh, or that there is none. */
  setMesh(mesh: Mesh | undefined): void {
    this.#isMeshChanged ||= mesh?.passthrough !== this.#mesh?.passthrough;
    this.#mesh = mesh;
  }

  /** Adds a policy, or replaces the one of that name. */
  putPolicy(policy: MeshPassthrough): void {
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
   * than before, of those that were written anew, and of those that are gone; each once.
   */
  refresh(): readonly string[] {
    const { groups, proxies } = this.#selection.takeChanges();
    const names = [...proxies];
    for (const group of [...groups, ...this.#judgedByMesh()]) {
      const before = this.#merged.get(group);
      const after = this.#merge(group);
      if (after !== before) for (const name of group.proxies.keys()) if (!proxies.has(name)) names.push(name);
      if (before !== undefined && --before.groups === 0) this.#drop(before);
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
    return this.#distinct;
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
    const key = `${notEnforced(dataplane)} ${flag} ${group.fingerprint}`;
    const known = this.#shared.get(key) ?? [];
    const shared = known.find((one) => isSameList(one.policies, policies)) ?? {
      key,
      policies,
      effective: mergePolicies(this.#mesh, policies, dataplane),
      groups: 0,
    };
    if (shared.groups++ === 0) {
      this.#shared.set(key, [...known, shared]);
      this.#distinct++;
    }
    this.#merged.set(group, shared);
    return shared;
  }

  #drop(shared: Shared): void {
    const others = (this.#shared.get(shared.key) ?? []).filter((one) => one !== shared);
    if (others.length === 0) this.#shared.delete(shared.key);
    else this.#shared.set(shared.key, others);
    this.#distinct--;
  }
}

const isSameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);
