import type { ResourceType } from "../../policy/model/index.ts";
import { keyOf, type ResourceKey, type Stored, type StoreView } from "./store.ts";

/** A slash is in no name. */
const idOf = ({ type, mesh, name }: ResourceKey): string => `${type}/${mesh}/${name}`;

/** Resources in memory, as every store keeps them for its readers. */
export class ResourceMap implements StoreView {
  readonly #stored = new Map<string, Stored>();
  /** What is stored and cannot be read. */
  readonly #unreadable = new Map<string, ResourceKey>();

  get(key: ResourceKey): Stored | undefined {
    return this.#stored.get(idOf(key));
  }

  has(key: ResourceKey): boolean {
    return this.#stored.has(idOf(key)) || this.#unreadable.has(idOf(key));
  }

  list(type: ResourceType, mesh?: string): readonly Stored[] {
    const found = [...this.#stored.values()].filter(
      ({ resource }) => resource.type === type && (mesh === undefined || resource.meta.mesh === mesh),
    );
    return found.sort(
      ({ resource: a }, { resource: b }) => compare(a.meta.mesh, b.meta.mesh) || compare(a.meta.name, b.meta.name),
    );
  }

  ofMesh(mesh: string): readonly ResourceKey[] {
    const stored = [...this.#stored.values()].map(({ resource }) => keyOf(resource));
    return [...stored, ...this.#unreadable.values()].filter((key) => key.mesh === mesh);
  }

  all(): readonly Stored[] {
    return [...this.#stored.values()];
  }

  put(stored: Stored): void {
    const id = idOf(keyOf(stored.resource));
    this.#stored.set(id, stored);
    this.#unreadable.delete(id);
  }

  delete(key: ResourceKey): void {
    this.#stored.delete(idOf(key));
    this.#unreadable.delete(idOf(key));
  }

  putUnreadable(key: ResourceKey): void {
    this.#unreadable.set(idOf(key), key);
  }

  unreadable(): readonly ResourceKey[] {
    return [...this.#unreadable.values()];
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
