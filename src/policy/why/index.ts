/** Verdicts as data and as plain lines of text, for CLI, logs and HTTP bodies; also where the address is unknown. */
export { renderReasons, renderRule, renderVerdict } from "./render-verdict.ts";
export { renderWhy } from "./render-why.ts";
export { type Why, why } from "./why.ts";
