import type { FastifyInstance, FastifyReply } from "fastify";
import { compareDiagnostics, type Diagnostic, renderJson } from "../../policy/diagnostics/index.ts";
import type { LabelContext } from "../../policy/labels/index.ts";
import {
  fieldsOf,
  isError,
  type ReadResource,
  type ResourceKey,
  readText,
  type Store,
  type StoreView,
  type Write,
} from "../store/index.ts";
import {
  type InvalidParameter,
  invalidParameter,
  invalidResource,
  NO_MESH,
  notFound,
  type RequestError,
  refuse,
} from "./error-answer.ts";
import { KINDS_OF_MESH, type Kind, MESH_KIND } from "./kinds.ts";

type Params = { readonly mesh: string; readonly name: string };

/** PUT and DELETE of every kind; where the store cannot be written, 405 with the reason. */
export function addWriteRoutes(app: FastifyInstance, store: Store, context: LabelContext): void {
  const put = async (kind: Kind, key: ResourceKey, body: unknown, reply: FastifyReply) => {
    assertWritable(store);
    if (kind.isOfMesh) assertMesh(store.view, key.mesh);
    const { write, warnings } = read(kind, key, body, context, store.view.has(key));
    const isNew = await store.write((view) => {
      // The mesh may have gone since, with all that belonged to it.
      if (kind.isOfMesh) assertMesh(view, key.mesh);
      return { writes: [write], answer: !view.has(key) };
    });
    reply.code(isNew ? 201 : 200);
    if (warnings.length === 0) return reply.send();
    return { warnings: warnings.map(({ message }) => message), diagnostics: renderJson(warnings) };
  };
  const remove = async (keysOf: (view: StoreView) => readonly ResourceKey[], reply: FastifyReply) => {
    assertWritable(store);
    await store.write((view) => {
      const keys = keysOf(view);
      if (keys.length === 0) throw notFound("Could not delete a resource");
      return { writes: keys.map((key): Write => ({ kind: "delete", key })), answer: undefined };
    });
    return reply.send();
  };

  const meshKey = (name: string): ResourceKey => ({ type: "Mesh", mesh: name, name });
  app.put<{ Params: { mesh: string } }>("/meshes/:mesh", ({ params, body }, reply) =>
    put(MESH_KIND, meshKey(params.mesh), body, reply),
  );
  // With the mesh goes all that belongs to it, at once.
  app.delete<{ Params: { mesh: string } }>("/meshes/:mesh", ({ params: { mesh } }, reply) =>
    remove((view) => (view.has(meshKey(mesh)) ? view.ofMesh(mesh) : []), reply),
  );
  for (const kind of KINDS_OF_MESH) {
    const path = `/meshes/:mesh/${kind.plural}/:name`;
    app.put<{ Params: Params }>(path, ({ params, body }, reply) =>
      put(kind, { type: kind.type, ...params }, body, reply),
    );
    app.delete<{ Params: Params }>(path, ({ params }, reply) => {
      const key: ResourceKey = { type: kind.type, ...params };
      return remove((view) => (view.has(key) ? [key] : []), reply);
    });
  }
}

function assertWritable({ readOnly }: Store): void {
  if (readOnly !== undefined) throw refuse(405, "Method not allowed", readOnly);
}

function assertMesh(view: StoreView, mesh: string): void {
  if (!view.has({ type: "Mesh", mesh, name: mesh })) throw notFound(NO_MESH);
}

/** The one resource of a body, checked in every respect; or all its faults at once, thrown as a 400. */
function read(kind: Kind, key: ResourceKey, body: unknown, context: LabelContext, exists: boolean) {
  const text = jsonObject(kind, body);
  const { drafts, resources, diagnostics } = readText("body", text, context, { exists });
  const [draft] = drafts;
  const invalid: InvalidParameter[] = diagnostics.filter(isRefused).map(invalidParameter);
  if (drafts.length > 1) invalid.push({ field: "", reason: "one resource at a time: this is a list" });
  else if (draft === undefined || draft.type !== kind.type) {
    if (draft !== undefined || invalid.length === 0) {
      invalid.push({ field: "type", reason: `the path is that of a \`${kind.type}\``, help: `write \`${kind.type}\`` });
    }
  } else if (draft.form !== "universal") {
    const help = `write \`type: ${kind.type}\`, \`mesh\`, \`name\` and \`spec\` at the top`;
    invalid.push({ field: "apiVersion", reason: "the API takes the Universal form", help });
  } else invalid.push(...otherThanPath(kind, key, draft.root));
  const [resource] = resources;
  if (invalid.length > 0 || resource === undefined) throw invalidResource(invalid);
  const warnings: readonly Diagnostic[] = [...diagnostics].sort(compareDiagnostics);
  return { write: writeOf(resource, text), warnings };
}

/** A file may hold a namespace, so that it can be converted back; a client may not write what a control plane computes. */
const isRefused = (diagnostic: Diagnostic): boolean =>
  isError(diagnostic) || diagnostic.code === "W311-namespace-label";

function otherThanPath(kind: Kind, key: ResourceKey, root: ReadonlyMap<string, unknown>): InvalidParameter[] {
  return (kind.isOfMesh ? (["name", "mesh"] as const) : (["name"] as const)).flatMap((field) => {
    const written = root.get(field);
    // What is missing or no text is reported already.
    if (typeof written !== "string" || written === key[field]) return [];
    const reason = `${field} from the URL has to be the same as in body`;
    return [{ field, reason, help: `write \`${key[field]}\`` }];
  });
}

const writeOf = ({ resource, labels, draft }: ReadResource, text: string): Write => ({
  kind: "put",
  resource,
  labels,
  fields: fieldsOf(draft),
  text,
});

/** The text of a body that is a JSON object; else a 400 with the decoder's words. */
function jsonObject({ type }: Kind, body: unknown): string {
  const bad = (why: string): RequestError => refuse(400, "Bad Request", `invalid ${type} object: "${why}"`);
  if (!(body instanceof Uint8Array) || body.length === 0) throw bad("the body is empty");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return text;
  } catch (error) {
    throw bad(error instanceof SyntaxError ? error.message : "not UTF-8 text");
  }
  throw bad("not a JSON object");
}
