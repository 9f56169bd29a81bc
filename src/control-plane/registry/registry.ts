import { type LabelContext, withComputedLabels } from "../../policy/labels/index.ts";
import { selectPolicies } from "../../policy/match/index.ts";
import { mergePolicies, notEnforced } from "../../policy/merge/index.ts";
import type { Dataplane, EffectivePolicy, Mesh, MeshPassthrough, Resource } from "../../policy/model/index.ts";
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
  mesh: Mesh | undefined;
  readonly policies: Map<string, MeshPassthrough>;
  readonly dataplanes: Map<string, Dataplane>;
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
  /** Effective policies by what they were made of. */
  #shared = new Map<string, EffectivePolicy>();
  readonly #numbers = new WeakMap<object, number>();
  #lastNumber = 0;
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
      const state = this.#stateOf(key.mesh);
      if (key.type === "Dataplane") touched.add(proxyIdOf(key.mesh, key.name));
      else for (const name of state.dataplanes.keys()) touched.add(proxyIdOf(key.mesh, name));
      const resource = change.kind === "put" ? withComputedLabels(change.stored.resource, this.#context) : undefined;
      keep(state, key, resource);
      if (isEmpty(state)) this.#meshes.delete(key.mesh);
    }
    for (const id of touched) this.#recompute(id);
    this.#forgetUnused();
    for (const listener of this.#listeners) listener();
  }

  #stateOf(mesh: string): MeshState {
    const state = this.#meshes.get(mesh) ?? { mesh: undefined, policies: new Map(), dataplanes: new Map() };
    this.#meshes.set(mesh, state);
    return state;
  }

  #recompute(id: string): void {
    const [mesh = "", name = ""] = id.split("/");
    const state = this.#meshes.get(mesh);
    const dataplane = state?.dataplanes.get(name);
    if (state === undefined || dataplane === undefined) {
      this.#proxies.delete(id);
      return;
    }
    const policies = selectPolicies([...state.policies.values()], dataplane);
    this.#proxies.set(id, { id, dataplane, policies, effective: this.#share(state.mesh, policies, dataplane) });
  }

  #share(mesh: Mesh | undefined, policies: readonly MeshPassthrough[], dataplane: Dataplane): EffectivePolicy {
    const passthrough = policies.length === 0 ? mesh?.passthrough : undefined;
    const key = JSON.stringify([notEnforced(dataplane), passthrough, policies.map((policy) => this.#numberOf(policy))]);
    const shared = this.#shared.get(key) ?? mergePolicies(mesh, policies, dataplane);
    this.#shared.set(key, shared);
    return shared;
  }

  #numberOf(policy: MeshPassthrough): number {
    const number = this.#numbers.get(policy) ?? ++this.#lastNumber;
    this.#numbers.set(policy, number);
    return number;
  }

  #forgetUnused(): void {
    const used = new Set([...this.#proxies.values()].map(({ effective }) => effective));
    this.#shared = new Map([...this.#shared].filter(([, effective]) => used.has(effective)));
  }
}

function keep(state: MeshState, { type, name }: ResourceKey, resource: Resource | undefined): void {
  if (type === "Mesh") state.mesh = resource?.type === "Mesh" ? resource : undefined;
  else if (type === "Dataplane") {
    setOrDelete(state.dataplanes, name, resource?.type === "Dataplane" ? resource : undefined);
  } else setOrDelete(state.policies, name, resource?.type === "MeshPassthrough" ? resource : undefined);
}

const isEmpty = ({ mesh, policies, dataplanes }: MeshState): boolean =>
  mesh === undefined && policies.size === 0 && dataplanes.size === 0;

function setOrDelete<T>(map: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) map.delete(name);
  else map.set(name, value);
}
