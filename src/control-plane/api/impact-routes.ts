import type { FastifyInstance } from "fastify";
import { classImpact, viewClassImpact } from "../../policy/impact/index.ts";
import { type LabelContext, withComputedLabels } from "../../policy/labels/index.ts";
import { effectivePolicy } from "../../policy/merge/index.ts";
import type { Mesh, MeshPassthrough, Resource, ResourceType, RevocationMode } from "../../policy/model/index.ts";
import { proxyIdOf, type RegisteredProxy, type Registry } from "../registry/index.ts";
import { isError, readText, type StoreView } from "../store/index.ts";
import { type InvalidParameter, invalidParameter, invalidResource, notFound, refuse } from "./error-answer.ts";

export interface ImpactParts {
  readonly view: StoreView;
  readonly registry: Registry;
  readonly context: LabelContext;
  /** Where the policies say nothing; absent: each sidecar has its own setting. */
  readonly revocation: RevocationMode | undefined;
}

type Params = { readonly mesh: string; readonly name: string };
type Query = { readonly delete?: string | readonly string[] };

/** What a change would do to the open connections of a proxy, in classes; nothing is written. */
export function addImpactRoutes(app: FastifyInstance, { view, registry, context, revocation }: ImpactParts): void {
  const proxyOf = ({ mesh, name }: Params): RegisteredProxy => {
    if (view.get({ type: "Dataplane", mesh, name }) === undefined) throw notFound("Could not retrieve a resource");
    const proxy = registry.proxy(proxyIdOf(mesh, name));
    if (proxy !== undefined) return proxy;
    const messages = registry.problems().map(({ message }) => message);
    throw refuse(503, "Resources are not complete", messages.join("; "));
  };
  const stored = (type: ResourceType, mesh: string): Resource[] =>
    view.list(type, mesh).map(({ resource }) => withComputedLabels(resource, context));

  app.post<{ Params: Params; Querystring: Query }>(
    "/meshes/:mesh/dataplanes/:name/_impact",
    async ({ params, query, body }) => {
      const { dataplane, effective } = proxyOf(params);
      const gone = [query.delete ?? []].flat();
      const written = read(params.mesh, body, gone.length > 0, context);
      const { mesh, policies } = proposed(
        [...stored("Mesh", params.mesh), ...stored("MeshPassthrough", params.mesh)],
        written,
        gone,
      );
      const isIt = (one: Resource) => one.type === "Dataplane" && one.meta.name === params.name;
      const found = written.find(isIt);
      const after = effectivePolicy(mesh, policies, found?.type === "Dataplane" ? found : dataplane);
      const setting = revocation === undefined ? {} : { revocation };
      const impact = classImpact({
        before: { ...setting, ...effective },
        after: { ...setting, ...after },
        otherwise: { kind: "cut" },
      });
      const isWritten = after.revocation !== undefined;
      return { proxy: params.name, mesh: params.mesh, ...viewClassImpact({ ...impact, isWritten }) };
    },
  );
}

/** As if these were written over what is stored, and those policies deleted. */
function proposed(
  stored: readonly Resource[],
  written: readonly Resource[],
  gone: readonly string[],
): { readonly mesh: Mesh | undefined; readonly policies: readonly MeshPassthrough[] } {
  const policies = new Map<string, MeshPassthrough>();
  let mesh: Mesh | undefined;
  for (const resource of [...stored, ...written]) {
    if (resource.type === "Mesh") mesh = resource;
    else if (resource.type === "MeshPassthrough") policies.set(resource.meta.name, resource);
  }
  const names = gone.filter((name) => !policies.has(name));
  if (names.length > 0)
    throw invalidResource(names.map((name) => ({ field: "delete", reason: `there is no policy \`${name}\`` })));
  for (const name of gone) policies.delete(name);
  return { mesh, policies: [...policies.values()] };
}

/** The resources of a body, YAML or JSON, in either form, labels computed; or all faults at once, thrown as a 400. */
function read(mesh: string, body: unknown, mayBeEmpty: boolean, context: LabelContext): readonly Resource[] {
  const { resources, diagnostics } = readText("body", textOf(body), context, { exists: true });
  const invalid: InvalidParameter[] = diagnostics.filter(isError).map(invalidParameter);
  for (const { resource } of resources)
    if (resource.meta.mesh !== mesh)
      invalid.push({ field: "mesh", reason: `\`${resource.meta.name}\` is of another mesh than that of the path` });
  if (resources.length === 0 && invalid.length === 0 && !mayBeEmpty)
    invalid.push({ field: "", reason: "there is no resource in the body", help: "send what would be written" });
  if (invalid.length > 0) throw invalidResource(invalid);
  return resources.map(({ resource }) => withComputedLabels(resource, context));
}

function textOf(body: unknown): string {
  if (!(body instanceof Uint8Array)) return "";
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw refuse(400, "Bad Request", "the body is not UTF-8 text");
  }
}
