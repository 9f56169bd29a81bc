import type { Dataplane, Mesh, MeshPassthrough } from "../../policy/model/index.ts";
import { baseResources } from "./base.ts";
import { type ClassicCompiled, compileClassic } from "./compile-classic.ts";
import { classicConf } from "./conf.ts";
import { type ClassicSettings, DEFAULT_CLASSIC_SETTINGS } from "./settings.ts";

/** All that Kuma gives the Envoy of one proxy for the transparent proxy. `policies` may hold any; labels are computed. */
export function classicForProxy(
  mesh: Mesh | undefined,
  policies: readonly MeshPassthrough[],
  dataplane: Dataplane,
  settings: ClassicSettings = DEFAULT_CLASSIC_SETTINGS,
): ClassicCompiled {
  const passthrough = mesh?.passthrough ?? true;
  const base = baseResources(dataplane.transparentProxying, passthrough);
  return compileClassic(base, classicConf(mesh, policies, dataplane), passthrough, settings);
}
