/**
 * An effective policy as an index: rules by transport, port, kind and name, normalised, merged and sorted. The only
 * input of the compile targets that follow our own meaning.
 */
export { holdAtMost, joinHalves } from "./blocks.ts";
export { buildTable, comparePortKey } from "./build-table.ts";
export { type HttpChains, httpChains } from "./http-chains.ts";
export { type HttpView, httpView, rulesOfPort } from "./http-view.ts";
export { compareText, isEmptyNameSet, levelFinder, patternsOf } from "./names.ts";
export * from "./table.ts";
