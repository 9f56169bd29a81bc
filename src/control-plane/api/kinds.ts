import type { ResourceType } from "../../policy/model/index.ts";

/** A kind of resources and where the API has it. */
export interface Kind {
  readonly type: ResourceType;
  readonly plural: string;
  /** Whether its path names a mesh besides itself. */
  readonly isOfMesh: boolean;
}

export const MESH_KIND: Kind = { type: "Mesh", plural: "meshes", isOfMesh: false };

export const KINDS_OF_MESH: readonly Kind[] = [
  { type: "Dataplane", plural: "dataplanes", isOfMesh: true },
  { type: "MeshPassthrough", plural: "meshpassthroughs", isOfMesh: true },
];
