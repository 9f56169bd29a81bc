import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const LAUNCHER = join(import.meta.dirname, "..", "..", "bin", "sallyport");

test("with the launcher's flags for a sidecar V8 takes the compiled code that comes with Node", () => {
  const launcher = readFileSync(LAUNCHER, "utf8");
  const [, words] = /"\$\{1-\}" = sidecar \][\s\S]*?exec "\$node" (.*) "\$bundle" "\$@"$/m.exec(launcher) ?? [];
  const flags = words?.split(" ") ?? [];
  expect(flags).not.toEqual([]);
  // of V8's version and those flags that change what it compiles to
  const tagWith = (given: readonly string[]): string =>
    execFileSync(process.execPath, [...given, "-p", "v8.cachedDataVersionTag()"], { encoding: "utf8" });
  expect(tagWith(flags), words).toBe(tagWith([]));
});
