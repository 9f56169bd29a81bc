import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "test/{laws,architecture,golden,regress}/**/*.test.ts",
            "test/engines/decide.test.ts",
          ],
          testTimeout: 60_000, // none takes long; a loaded machine does
          maxWorkers: "100%", // by default one core is left idle, of two that is half
        },
      },
      {
        extends: true,
        test: {
          // Real processes, sockets and namespaces: one file at a time, so that times mean something.
          name: "real",
          include: ["test/{engines,e2e}/**/*.test.ts"],
          exclude: ["test/engines/decide.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
