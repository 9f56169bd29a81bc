import type { FastifyInstance } from "fastify";
import { formatPolicyRef, policyRef } from "../../policy/model/index.ts";
import { proxyIdOf, type RegisteredProxy, type Registry } from "../registry/index.ts";
import type { StatusBook } from "../status/index.ts";
import type { StoreView } from "../store/index.ts";
import { notFound, refuse } from "./error-answer.ts";

type Params = { readonly mesh: string; readonly name: string };

/** What a proxy enforces, and what its clients have accepted of it. */
export function addInspectRoutes(app: FastifyInstance, view: StoreView, registry: Registry, status: StatusBook): void {
  const assertDataplane = ({ mesh, name }: Params) => {
    if (view.get({ type: "Dataplane", mesh, name }) === undefined) throw notFound("Could not retrieve a resource");
  };

  app.get<{ Params: Params }>("/meshes/:mesh/dataplanes/:name/_effective", async ({ params }) => {
    assertDataplane(params);
    const proxy = registry.proxy(proxyIdOf(params.mesh, params.name));
    if (proxy !== undefined) return effectiveOf(proxy);
    const messages = registry.problems().map(({ message }) => message);
    throw refuse(503, "Resources are not complete", messages.join("; "));
  });
  app.get<{ Params: Params }>("/meshes/:mesh/dataplanes/:name/_status", async ({ params }) => {
    assertDataplane(params);
    return status.of(proxyIdOf(params.mesh, params.name));
  });
}

/** As `sallyport effective -o json` shows it; `policies` holds those that select the proxy, highest precedence first. */
function effectiveOf({ dataplane, effective, policies }: RegisteredProxy) {
  const { enforced, mode, rules } = effective;
  return {
    proxy: dataplane.meta.name,
    mesh: dataplane.meta.mesh,
    enforced: enforced === true ? true : enforced.not,
    mode: { value: mode.value, from: typeof mode.source === "string" ? mode.source : formatPolicyRef(mode.source) },
    rules: rules.map(({ value: { written }, source }) => ({
      type: written.type,
      value: written.value,
      ...(written.port === undefined ? {} : { port: written.port }),
      protocol: written.protocol,
      from: formatPolicyRef(source),
    })),
    policies: policies.map((policy) => policyRef(policy)).reverse(),
  };
}
