import type { MeshPassthrough } from "../../policy/model/index.ts";
import type { JsonObject, JsonValue, Stored } from "../store/index.ts";

/**
 * A resource as the API shows it: Universal form, fields in the order of the documentation, what was left out left out.
 * Of a Mesh and a Dataplane everything that was written is shown, also what nothing here reads.
 */
export function documentOf({ resource, labels, fields, creationTime, modificationTime }: Stored): JsonObject {
  const { meta, type } = resource;
  return {
    type,
    ...(type === "Mesh" ? {} : { mesh: meta.mesh }),
    name: meta.name,
    creationTime,
    modificationTime,
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(resource.type === "MeshPassthrough" ? { spec: specOf(resource) } : fields),
  };
}

function specOf({ targetRef, mode, rules }: MeshPassthrough): JsonObject {
  const tags: JsonObject = targetRef?.kind === "MeshSubset" ? targetRef.tags : {};
  const target: JsonObject = {
    kind: targetRef?.kind ?? "Mesh",
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    ...(targetRef?.proxyTypes === undefined ? {} : { proxyTypes: targetRef.proxyTypes }),
  };
  const appendMatch = rules.map(
    ({ written: { type, value, port, protocol } }): JsonValue => ({
      type,
      value,
      ...(port === undefined ? {} : { port }),
      protocol,
    }),
  );
  return {
    ...(targetRef === undefined ? {} : { targetRef: target }),
    default: {
      ...(mode === undefined ? {} : { passthroughMode: mode }),
      ...(rules.length === 0 ? {} : { appendMatch }),
    },
  };
}
