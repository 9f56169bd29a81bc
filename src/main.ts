/**
 * Where the `sallyport` command starts. The exit code is set, not forced, so that what was printed gets out.
 */
import { enableCompileCache } from "node:module";
import { setFlagsFromString } from "node:v8";

// Beside the code: whoever may write the cache could have changed the code as well. Where it cannot be written there is none.
enableCompileCache(`${import.meta.dirname}/../dist/.compile-cache`);
// Functions are compiled with their module, so that the cache holds them too: a tenth of a short command's time.
setFlagsFromString("--no-lazy");
const { processTerminal, run } = await import("./cli/index.ts");
setFlagsFromString("--lazy");

process.exitCode = await run(process.argv.slice(2), processTerminal());
