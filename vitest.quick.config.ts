/** For `npm run check`: the unit tests with laws that stop after a moment, and with test files that share their modules. */
import { defineConfig } from "vitest/config";
import full from "./vitest.config.ts";

const unit = full.test?.projects?.find(
  (project) => typeof project === "object" && "test" in project && project.test?.name === "unit",
);
if (typeof unit !== "object" || !("test" in unit)) throw new Error("vitest.config.ts has no project `unit`");

export default defineConfig({
  test: {
    ...full.test,
    projects: [
      {
        ...unit,
        test: { ...unit.test, isolate: false, setupFiles: ["test/laws/quick.ts"], env: { SALLYPORT_QUICK: "true" } },
      },
    ],
  },
});
