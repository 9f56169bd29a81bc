/** What is found in texts and resources, as data: codes, places, words; and how to print it. */
export * from "./codes.ts";
export * from "./diagnostic.ts";
export { compareDiagnostics } from "./order.ts";
export { quote } from "./quote.ts";
export { type JsonDiagnostic, renderCount, renderJson, renderText } from "./render.ts";
