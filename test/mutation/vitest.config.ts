import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What is mutated, and laws elsewhere that are about it. Unit tests of the folder itself always run. */
const LAWS: Readonly<Record<string, readonly string[]>> = {
  net: ["test/laws/net.test.ts"],
  labels: [],
  validate: [],
  "validate/kuma": [],
  match: ["test/laws/effective-index.test.ts"],
  merge: ["test/laws/merge.test.ts", "test/laws/effective-index.test.ts"],
  decide: ["test/laws/decide.test.ts", "test/laws/why.test.ts"],
  space: [],
};

const folder = process.env.SALLYPORT_MUTATED ?? "";
const root = fileURLToPath(new URL("../../", import.meta.url));
if (!existsSync(`${root}src/policy/${folder}/index.ts`)) throw new Error(`no folder \`${folder}\` in src/policy`);

/** Always in one order, so that the same test kills a mutant each time. */
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
  }
}

export default defineConfig({
  root,
  resolve: {
    alias: [{ find: /^fast-check$/, replacement: fileURLToPath(new URL("./fast-check.ts", import.meta.url)) }],
  },
  test: {
    environment: "node",
    // `space` has two thousand mutants: its tests are one file, so that modules are loaded once for each.
    include:
      folder === "space"
        ? ["test/mutation/space.test.ts"]
        : [`src/policy/${folder}/**/*.test.ts`, ...(LAWS[folder] ?? [])],
    exclude: folder === "validate" ? ["**/kuma/**"] : [],
    sequence: { sequencer: ByName },
    testTimeout: 60_000,
  },
});
