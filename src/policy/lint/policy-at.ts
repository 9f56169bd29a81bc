import type { Path } from "../diagnostics/index.ts";
import type { MeshPassthrough } from "../model/index.ts";
import type { Located } from "../text/index.ts";

/** A policy and the places of its fields. */
export type PolicyAt = Located<MeshPassthrough>;

/** Where a rule, or a field of it, is written: the same in both forms. */
export const rulePath = (index: number, field?: "value" | "port" | "protocol"): Path =>
  field === undefined ? [...LIST, index] : [...LIST, index, field];

const LIST: Path = ["spec", "default", "appendMatch"];

/** The list of rules. */
export const listPath = (): Path => LIST;

/** Where the name of a resource is written. */
export const namePath = ({ resource: { meta } }: Located): Path =>
  meta.form === "kubernetes" ? ["metadata", "name"] : ["name"];

/** The label or annotation, with the path of the one that is written. */
export function labelOrAnnotation(
  { resource: { meta } }: Located,
  ...names: readonly string[]
): { readonly value: string; readonly path: Path } | undefined {
  const inMetadata = meta.form === "kubernetes" ? ["metadata"] : [];
  for (const name of names) {
    for (const [field, map] of [
      ["annotations", meta.annotations],
      ["labels", meta.labels],
    ] as const) {
      const value = Object.hasOwn(map, name) ? map[name] : undefined;
      if (value !== undefined) return { value, path: [...inMetadata, field, name] };
    }
  }
  return undefined;
}
