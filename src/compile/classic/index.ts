/**
 * The resources that Kuma 2.9.13 gives an Envoy: names, order, duplication and all. For migrations, and to compare its
 * verdicts with ours. Nothing here follows our own meaning of policies.
 */
export { baseResources, type ClassicResources, FAMILIES, type Family, outboundName } from "./base.ts";
export { type ClassicCompiled, compileClassic } from "./compile-classic.ts";
export { type ClassicConf, classicConf, type KumaMerging, kumaPolicy } from "./conf.ts";
export { classicJson, classicRegistry } from "./encode.ts";
export { classicForProxy } from "./for-proxy.ts";
export { type ClassicMatch, type ClassicOrder, orderMatches } from "./order.ts";
export { type ClassicSettings, DEFAULT_CLASSIC_SETTINGS, type InternalRange } from "./settings.ts";
