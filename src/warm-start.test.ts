import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadWarm } from "./warm-start.ts";

let folder: string;
let script: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-warm-"));
  script = join(folder, "script.cjs");
  cache = join(folder, "cache");
  writeFileSync(script, `module.exports = { answer: () => [42, require("node:path").sep, __dirname] };`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = () => loadWarm<{ answer(): unknown[] }>(script, cache);

test("a script gets Node's modules and its folder; what it compiled is kept when asked", () => {
  const warm = load();
  expect(warm.exports.answer()).toEqual([42, "/", folder]);
  expect(existsSync(cache)).toBe(false);
  warm.keep();
  expect(readdirSync(cache)).toEqual(["script.cjs.code"]);
});

/** In a process of its own: this one remembers what it has compiled. Says whether the code was kept again. */
function loadElsewhere(): string {
  const program = `
    const { loadWarm } = await import(${JSON.stringify(import.meta.resolve("./warm-start.ts"))});
    const { statSync } = await import("node:fs");
    const kept = () => statSync(${JSON.stringify(join(cache, "script.cjs.code"))}, { throwIfNoEntry: false })?.ino;
    const before = kept();
    const warm = loadWarm(${JSON.stringify(script)}, ${JSON.stringify(cache)});
    const [answer] = warm.exports.answer();
    warm.keep();
    console.log(answer, before === kept() ? "used" : "kept anew");`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }).stdout;
}

test("kept code is used as it is; what does not fit this Node is left aside and replaced", () => {
  expect(loadElsewhere()).toBe("42 kept anew\n");
  expect(loadElsewhere()).toBe("42 used\n");
  const file = join(cache, "script.cjs.code");
  writeFileSync(
    file,
    readFileSync(file).map((byte, i) => (i < 16 ? byte ^ 0xff : byte)),
  );
  expect(loadElsewhere()).toBe("42 kept anew\n");
  expect(loadElsewhere()).toBe("42 used\n");
});

test("where nothing can be written it works all the same", () => {
  writeFileSync(cache, "a file, not a folder");
  const warm = load();
  expect(warm.exports.answer()[0]).toBe(42);
  expect(() => warm.keep()).not.toThrow();
});
