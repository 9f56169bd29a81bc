import { type LabelContext, withComputedLabels } from "../../policy/labels/index.ts";
import { EffectiveIndex } from "../../policy/merge/index.ts";
import type { Dataplane, EffectivePolicy, MeshPassthrough, Resource } from "../../policy/model/index.ts";
import { keyOf, type Problem, type ResourceKey, type Store, type StoreChange } from "../store/index.ts";

/** Names a proxy everywhere: in xDS, in status, in logs. No mesh and no name contains a slash. */
export const proxyIdOf = (mesh: string, name: string): string => `${mesh}/${name}`;

/** A Dataplane and what it enforces. */
export interface RegisteredProxy {
  readonly id: string;
  /** With computed labels, as `policies` are. */
  readonly dataplane: Dataplane;
  /** Those that select it, in order of precedence, lowest first. */
  readonly policies: readonly MeshPassthrough[];
  /** One object for all proxies that the same policies select in the same way. */
  readonly effective: EffectivePolicy;
}

interface MeshState {
  readonly index: EffectiveIndex;
  /** Every resource of the mesh, by type and name. */
  readonly resources: Map<string, Resource>;
}

/**
 * All resources with their computed labels, and what each proxy enforces because of them. Follows a store; what a
 * change does not touch keeps its objects, so equality by reference tells what changed.
 */
export class Registry {
  readonly #store: Pick<Store, "problems">;
  readonly #context: LabelContext;
  readonly #meshes = new Map<string, MeshState>();
  readonly #proxies = new Map<string, RegisteredProxy>();
  readonly #listeners: (() => void)[] = [];
  #problems: readonly Problem[] = [];

  constructor(store: Store, context: LabelContext) {
    this.#store = store;
    this.#context = context;
    const types = ["Mesh", "Dataplane", "MeshPassthrough"] as const;
    const all = types.flatMap((type) => store.view.list(type));
    this.#apply(all.map((stored) => ({ kind: "put", stored })));
    store.watch((changes) => this.#apply(changes));
  }

  /** Undefined for a proxy that has no Dataplane, and while the resources of its mesh are not complete. */
  proxy(id: string): RegisteredProxy | undefined {
    const proxy = this.#proxies.get(id);
    return proxy !== undefined && this.isComplete(proxy.dataplane.meta.mesh) ? proxy : undefined;
  }

  /** Those of which `proxy` gives one. */
  proxies(): readonly RegisteredProxy[] {
    return [...this.#proxies.keys()].flatMap((id) => this.proxy(id) ?? []);
  }

  /** Whether all resources of a mesh are known. What some of them allow together, the others may be there to deny. */
  isComplete(mesh: string): boolean {
    return !this.#problems.some((problem) => problem.mesh === undefined || problem.mesh === mesh);
  }

  problems(): readonly Problem[] {
    return this.#problems;
  }

  /** After each change that may concern a proxy; `proxies` then gives the new ones. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #apply(changes: readonly StoreChange[]): void {
    this.#problems = this.#store.problems();
    const touched = new Set<string>();
    for (const change of changes) {
      const key = change.kind === "put" ? keyOf(change.stored.resource) : change.key;
      const resource = change.kind === "put" ? withComputedLabels(change.stored.resource, this.#context) : undefined;
      keep(this.#stateOf(key.mesh), key, resource);
      touched.add(key.mesh);
    }
    for (const mesh of touched) this.#refresh(mesh);
    for (const listener of this.#listeners) listener();
  }

  #stateOf(mesh: string): MeshState {
    const state = this.#meshes.get(mesh) ?? { index: new EffectiveIndex(), resources: new Map() };
    this.#meshes.set(mesh, state);
    return state;
  }

  #refresh(mesh: string): void {
    const { index, resources } = this.#stateOf(mesh);
    for (const name of index.refresh()) {
      const id = proxyIdOf(mesh, name);
      const dataplane = resources.get(resourceKey("Dataplane", name));
      const merged = index.of(name);
      if (dataplane?.type !== "Dataplane" || merged === undefined) this.#proxies.delete(id);
      else this.#proxies.set(id, { id, dataplane, policies: merged.policies, effective: merged.effective });
    }
    if (resources.size === 0) this.#meshes.delete(mesh);
  }
}

function keep({ index, resources }: MeshState, { type, name }: ResourceKey, resource: Resource | undefined): void {
  const key = resourceKey(type, name);
  if (resource === undefined) resources.delete(key);
  else resources.set(key, resource);
  if (type === "Mesh") index.setMesh(resource?.type === "Mesh" ? resource : undefined);
  else if (resource?.type === "Dataplane") index.putProxy(resource);
  else if (resource?.type === "MeshPassthrough") index.putPolicy(resource);
  else if (type === "Dataplane") index.deleteProxy(name);
  else index.deletePolicy(name);
}

const resourceKey = (type: ResourceKey["type"], name: string): string => `${type}/${name}`;
