// Mutation testing of one folder of src/policy: `npm run mutation`, which says which.
const folder = process.env.SALLYPORT_MUTATED ?? "";
const results = `.cache/mutation/${folder.replace("/", "-")}`;
/** Folders in it are mutated apart. */
const apart = folder === "validate" ? ["!src/policy/validate/kuma/**"] : [];

export default {
  mutate: [`src/policy/${folder}/**/*.ts`, "!src/**/*.test.ts", "!src/**/*.d.ts", ...apart],
  plugins: ["@stryker-mutator/vitest-runner"],
  testRunner: "vitest",
  vitest: { configFile: "test/mutation/vitest.config.ts", related: false, pool: "vmThreads" },
  coverageAnalysis: "perTest",
  concurrency: 1,
  // Time to spare on a loaded machine: what is only late is not killed. What loops is found by counting.
  // Sets have many loops, and their tests end within two seconds.
  timeoutMS: folder === "space" ? 15_000 : 30_000,
  incremental: true,
  incrementalFile: `${results}.incremental.json`,
  tempDirName: `${results}.tmp`,
  ignorePatterns: [
    "/.cache",
    "/docs",
    "/bench",
    "/proto",
    "/dist",
    "/examples",
    "/src/gen",
    "/.ci",
    "/test/golden",
    "/.git",
  ],
  reporters: ["json", "progress-append-only", "clear-text"],
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false, reportScoreTable: true },
  jsonReporter: { fileName: `${results}.json` },
  thresholds: { high: 95, low: 90, break: 85 },
};
