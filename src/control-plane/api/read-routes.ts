import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Dataplane } from "../../policy/model/index.ts";
import type { Stored, StoreView } from "../store/index.ts";
import { documentOf } from "./document.ts";
import { NO_MESH, notFound, refuse } from "./error-answer.ts";
import { KINDS_OF_MESH, type Kind, MESH_KIND } from "./kinds.ts";
import { allOf, cut, firstOf, pageOf, type Query } from "./paging.ts";

type Params = { readonly mesh: string; readonly name: string };

/** Lists and single resources of every kind. */
export function addReadRoutes(app: FastifyInstance, view: StoreView): void {
  const list = (kind: Kind, request: FastifyRequest, mesh?: string) => {
    const query = request.query as Query;
    const found = view.list(kind.type, mesh).filter((stored) => isAskedFor(stored, query));
    const page = cut(
      found,
      pageOf(query),
      new URL(request.url, `${request.protocol}://${request.host || "localhost"}`),
    );
    return { ...page, items: page.items.map(documentOf) };
  };
  const one = (stored: Stored | undefined) => {
    if (stored === undefined) throw notFound("Could not retrieve a resource");
    return documentOf(stored);
  };

  app.get("/meshes", async (request) => list(MESH_KIND, request));
  app.get<{ Params: { mesh: string } }>("/meshes/:mesh", async ({ params: { mesh } }) =>
    one(view.get({ type: "Mesh", mesh, name: mesh })),
  );
  for (const kind of KINDS_OF_MESH) {
    app.get(`/${kind.plural}`, async (request) => list(kind, request));
    app.get<{ Params: Params }>(`/meshes/:mesh/${kind.plural}`, async (request) => {
      const { mesh } = request.params;
      if (!hasMesh(view, mesh)) throw notFound(NO_MESH);
      return list(kind, request, mesh);
    });
    app.get<{ Params: Params }>(`/meshes/:mesh/${kind.plural}/:name`, async ({ params }) =>
      one(view.get({ type: kind.type, ...params })),
    );
  }
}

/** A mesh is there if it was written, or, in files, if something else says that it belongs to it. */
const hasMesh = (view: StoreView, mesh: string): boolean => view.ofMesh(mesh).length > 0;

function isAskedFor({ resource }: Stored, query: Query): boolean {
  if (!resource.meta.name.includes(firstOf(query, "name") ?? "")) return false;
  return resource.type !== "Dataplane" || isAskedForDataplane(resource, query);
}

/** `tag=key:value`, all of them on one inbound or the gateway; `gateway=true|false|delegated|builtin`. */
function isAskedForDataplane({ inbound, gateway }: Dataplane, query: Query): boolean {
  const tags = allOf(query, "tag").map((text) => {
    const at = text.indexOf(":");
    if (at < 0) throw refuse(400, "Invalid tag", "invalid format", [{ field: "tag", reason: "write `key:value`" }]);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const sets = gateway === undefined ? inbound.map((one) => one.tags) : [gateway.tags];
  if (tags.length > 0 && !sets.some((set) => tags.every(([key, value]) => set[key] === value))) return false;
  const wanted = firstOf(query, "gateway")?.toLowerCase();
  if (wanted === undefined) return true;
  const is = gateway === undefined ? ["false"] : ["true", gateway.type.toLowerCase()];
  if (!["true", "false", "delegated", "builtin"].includes(wanted)) {
    const reason = "write `true`, `false`, `delegated` or `builtin`";
    throw refuse(400, "Invalid gateway", "invalid format", [{ field: "gateway", reason }]);
  }
  return is.includes(wanted);
}
