/** What is found in texts and resources, as data: codes, places, words; and how to print it. */
export * from "./codes.ts";
export * from "./diagnostic.ts";
export * from "./lint-codes.ts";
export { compareDiagnostics } from "./order.ts";
export { quote } from "./quote.ts";
export { type JsonDiagnostic, renderCount, renderJson, renderText } from "./render.ts";
export { type JunitOptions, renderJunit } from "./render-junit.ts";
export { renderSarif, type SarifLog } from "./render-sarif.ts";
