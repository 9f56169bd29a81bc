import type { Labels, Resource, ResourceType } from "../../policy/model/index.ts";

/** Names a resource. The mesh of a Mesh is itself. */
export interface ResourceKey {
  readonly type: ResourceType;
  readonly mesh: string;
  readonly name: string;
}

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [field: string]: JsonValue;
}

/** A resource and what only storage knows of it. */
export interface Stored {
  /** With the labels as written. */
  readonly resource: Resource;
  /** As computed when it was written: what readers of the API see. */
  readonly labels: Labels;
  /** Mesh and Dataplane: all that was written of them, also what nothing here reads. */
  readonly fields: JsonObject;
  /** RFC 3339. */
  readonly creationTime: string;
  readonly modificationTime: string;
}

export type StoreChange =
  | { readonly kind: "put"; readonly stored: Stored }
  | { readonly kind: "delete"; readonly key: ResourceKey };

/** What is stored now. */
export interface StoreView {
  get(key: ResourceKey): Stored | undefined;
  /** Whether the key is taken; also by what can no longer be read. */
  has(key: ResourceKey): boolean;
  /** All of one type, of one mesh or of all, sorted by mesh and name. */
  list(type: ResourceType, mesh?: string): readonly Stored[];
  /** Of any type. */
  ofMesh(mesh: string): readonly ResourceKey[];
}

/** A change to be made. `text` is the resource as a document that `policy/text` reads back. */
export type Write =
  | {
      readonly kind: "put";
      readonly resource: Resource;
      readonly labels: Labels;
      readonly fields: JsonObject;
      readonly text: string;
    }
  | { readonly kind: "delete"; readonly key: ResourceKey };

/** What to write, decided on what is stored at that moment, and what to answer once it is safe. */
export interface Plan<T> {
  readonly writes: readonly Write[];
  readonly answer: T;
}

/** Something stored that cannot be served. */
export interface Problem {
  /** The mesh whose resources are not complete because of it; absent: possibly any. */
  readonly mesh?: string;
  readonly message: string;
}

export interface Store {
  /** Why nothing can be written, in one line; undefined: it can. */
  readonly readOnly: string | undefined;
  readonly view: StoreView;
  /** What keeps the resources of a mesh from being complete: what nobody knows must not be enforced as if it were all. */
  problems(): readonly Problem[];
  /**
   * All writes of a plan or none. `plan` is called when it is its turn and sees all that was written before. Resolves
   * when the writes are on disk: what was acknowledged survives a crash. Rejects if they could not be written.
   */
  write<T>(plan: (view: StoreView) => Plan<T>): Promise<T>;
  /** Called after each change, with all that changed together; also, with none, when only the problems did. */
  watch(listener: (changes: readonly StoreChange[]) => void): void;
  close(): Promise<void>;
}

/** A read-only store was asked to write. */
export class ReadOnlyError extends Error {
  override readonly name = "ReadOnlyError";
}

export const keyOf = ({ type, meta }: Pick<Resource, "type" | "meta">): ResourceKey => ({
  type,
  mesh: type === "Mesh" ? meta.name : meta.mesh,
  name: meta.name,
});
