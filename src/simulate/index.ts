/**
 * Executable models of how Envoy chooses: by a tree of matchers, or by the matches of filter chains; then by the routes
 * of HTTP. They read compiled resources and know nothing of how those were made. What they do not know, or what Envoy
 * would refuse, is a fault of the model made from it.
 */
export type { Arrival } from "./arrival.ts";
export { codecRefuses } from "./http-manager.ts";
export { type EnvoyModel, modelOf, type Resources } from "./model.ts";
export type { Answer } from "./world.ts";
