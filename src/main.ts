/**
 * Where the `sallyport` command starts. The exit code is set, not forced, so that what was printed gets out.
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { loadWarm } from "./warm-start.ts";

/** Commands that are over in a moment: in a bundle they come from one file, with its code already compiled. */
const QUICK = ["check", "effective", "why"];
/** That file, named by the build after its content; undefined where this runs from source. */
declare const QUICK_BUNDLE: string | undefined;

type Cli = typeof import("./cli/index.ts");

// Beside the code: whoever may write a cache could have changed the code as well. Not writable: no cache.
const cache = join(import.meta.dirname, "../dist/.compile-cache");
const quick = QUICK.includes(process.argv[2] ?? "") ? loadQuick() : undefined;
const { processTerminal, run } = quick?.exports ?? (await loadAll());
process.exitCode = await run(process.argv.slice(2), processTerminal());
quick?.keep();

function loadQuick() {
  if (typeof QUICK_BUNDLE === "undefined") return undefined;
  return loadWarm<Cli>(join(import.meta.dirname, QUICK_BUNDLE), cache);
}

function loadAll(): Promise<Cli> {
  enableCompileCache(cache);
  return import("./cli/index.ts");
}
