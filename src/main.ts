/**
 * Where the `sallyport` command starts. The exit code is set, not forced, so that what was printed gets out.
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { loadWarm } from "./warm-start.ts";

/** Commands that are over in a moment: in a bundle they come from one file, with its code already compiled. */
const QUICK = ["check", "effective", "why"];
/** Then `effective` needs what is not in that file. */
const NOT_QUICK = /^--impact\b/;
/** Files that the build names after their content; undefined where this runs from source. */
declare const QUICK_BUNDLE: string | undefined;
declare const SIDECAR_BUNDLE: string | undefined;
/** By then a sidecar has run what others run at their start. */
const STARTED_MS = 5_000;

type Cli = Pick<typeof import("./cli/index.ts"), "processTerminal" | "run">;

// Beside the code: whoever may write a cache could have changed the code as well. Not writable: no cache.
const cache = join(import.meta.dirname, "../dist/.compile-cache");
const [command = ""] = process.argv.slice(2);
const warm = loadOneFile();
const { processTerminal, run } = warm?.exports ?? (await loadAll());
if (command === "sidecar") setTimeout(() => warm?.keep(), STARTED_MS).unref();
process.exitCode = await run(process.argv.slice(2), processTerminal());
if (command !== "sidecar") warm?.keep();

function loadOneFile() {
  if (typeof QUICK_BUNDLE === "undefined" || typeof SIDECAR_BUNDLE === "undefined") return undefined;
  if (command === "sidecar") return loadWarm<Cli>(join(import.meta.dirname, SIDECAR_BUNDLE), cache);
  const isQuick = QUICK.includes(command) && !process.argv.some((argument) => NOT_QUICK.test(argument));
  return isQuick ? loadWarm<Cli>(join(import.meta.dirname, QUICK_BUNDLE), cache) : undefined;
}

function loadAll(): Promise<Cli> {
  enableCompileCache(cache);
  return import("./cli/index.ts");
}
