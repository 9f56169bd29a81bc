/**
 * What is allowed by the language and yet may not be what its author wants: one file for each lint, one page of
 * documentation for each. A missed case is better than a false one. Pure: the clock is an argument.
 */
export { type FixedText, fix } from "./fix.ts";
export { type LintInput, type LintOptions, lint } from "./lint.ts";
