import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { Script } from "node:vm";

export interface Warm<Exports> {
  readonly exports: Exports;
  /** To be called after the work: leaves the compiled code for later runs, where there was none that fits. */
  keep(): void;
}

/**
 * Load a CommonJS script with the compiled code that an earlier run left in `cacheFolder`. Unlike Node's own cache this
 * holds the functions that ran, a quarter of what a short command takes. The name of the script must change with its
 * content: V8 itself compares no more than the length. Code for another version of V8 is not used.
 */
export function loadWarm<Exports>(file: string, cacheFolder: string): Warm<Exports> {
  const cacheFile = join(cacheFolder, `${basename(file)}.code`);
  const cachedData = readIfThere(cacheFile);
  const source = `(function (require, module, __dirname) {${readFileSync(file, "utf8")}\n})`;
  const script = new Script(source, { filename: file, ...(cachedData !== undefined && { cachedData }) });
  // not held on to: it may be megabytes
  const isNews = cachedData === undefined || script.cachedDataRejected === true;
  const fromFile = createRequire(file);
  const module = { exports: {} };
  script.runInThisContext()((id: string) => process.getBuiltinModule(id) ?? fromFile(id), module, dirname(file));
  return {
    exports: module.exports as Exports, // what the build put there
    keep() {
      if (isNews) write(cacheFile, script.createCachedData());
    },
  };
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Whole or not at all; where it may not be written, later runs do without. */
function write(file: string, content: Uint8Array): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, content);
    renameSync(`${file}.${process.pid}`, file);
  } catch {}
}
