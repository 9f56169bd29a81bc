/**
 * fast-check as mutation testing needs it: a property tries the same values each time, fewer of them, and does not look
 * for a smaller counter-example. So the same mutants are killed each time, and soon.
 */
import * as real from "../../node_modules/fast-check/lib/fast-check.js";

export * from "../../node_modules/fast-check/lib/fast-check.js";

/** Laws about sets ask thousands of connections each time, those about documents read them. */
const RUNS: Readonly<Record<string, number>> = { space: 5, validate: 20 };
const MAX_RUNS = RUNS[process.env.SALLYPORT_MUTATED ?? ""] ?? 200;

real.configureGlobal({ seed: 1, endOnFailure: true, numRuns: MAX_RUNS });

type Assert = typeof real.assert;
// The overloads of `assert` differ only in what they return.
export const assert = ((...[property, params]: Parameters<Assert>) =>
  real.assert(property, { ...params, numRuns: Math.min(params?.numRuns ?? MAX_RUNS, MAX_RUNS) })) as Assert;

// biome-ignore lint/style/noDefaultExport: as the real one
export default { ...real, assert };
