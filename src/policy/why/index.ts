/**
 * Verdicts as data and as plain lines of text, for CLI, logs and HTTP bodies; also where address or name are unknown;
 * and the smallest edits that would allow what is denied.
 */
export type { Edit, Situation } from "./edit.ts";
export { proposeEdits } from "./edits.ts";
export { formatQuestion, parseQuestion, type Question, questionSpace } from "./question.ts";
export { type EditContext, type EditView, entryText, renderEdits, viewEdit } from "./render-edits.ts";
export { renderReasons, renderRule, renderVerdict } from "./render-verdict.ts";
export { renderWhy } from "./render-why.ts";
export { renderWhyNames } from "./render-why-names.ts";
export { type Why, why } from "./why.ts";
export { type WhyNames, whyNames } from "./why-names.ts";
