import type { Situation } from "../why/index.ts";
import type { Checked, CheckedProxy, CheckOptions } from "./checked.ts";

/** What suggesting edits for a proxy needs to know: all that was read with it. `options` are those of `check`. */
export function situationOf(
  { resources, proxies }: Pick<Checked, "resources" | "proxies">,
  { dataplane, policies }: CheckedProxy,
  options: Pick<CheckOptions, "systemNamespace" | "zone"> = {},
): Situation {
  const { zone, systemNamespace = "kuma-system" } = options;
  const meshes = resources.map(({ resource }) => resource).filter((resource) => resource.type === "Mesh");
  return {
    dataplane,
    mesh: meshes.find(({ meta }) => meta.name === dataplane.meta.mesh),
    policies: policies.map(({ policy }) => policy),
    dataplanes: proxies.map((proxy) => proxy.dataplane),
    context: zone === undefined ? { systemNamespace } : { systemNamespace, zone },
  };
}
