// Builds dist/: the command and the library.
//   node scripts/build.mjs [--quiet] [--if-stale] [--clean] [--types]
//
//   sallyport.mjs               starts the command
//   chunks/quick-<hash>.cjs     the commands that are over in a moment, in one file: see src/warm-start.ts
//   chunks/sidecar-<hash>.cjs   the agent, of which a host runs many, in one file as well
//   chunks/*.mjs                all commands, with a chunk for each part that only some of them load
//   chunks/testbed-process.js   the testbed's processes
//   index.mjs                   the library, for Node and browsers; with --types also types/
//
// Chunks carry a hash of their content and are written before the entries that name them, so a process that runs
// meanwhile, or a second build, never meets a half-written bundle.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const options = new Set(process.argv.slice(2));
const KEEP_OLD_CHUNKS_MS = 3600_000;

/** Left as imports: native code, or packages that find files of their own beside them. */
const EXTERNAL = ["koffi", "@grpc/grpc-js", "fastify", "pino"];

/** The package `tr46` is run when its function is called: only names that are not ASCII need its tables. */
const lazyTables = {
  name: "lazy-tables",
  setup(build) {
    build.onResolve({ filter: /^tr46$/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace: "lazy" } : undefined,
    );
    build.onLoad({ filter: /^tr46$/, namespace: "lazy" }, () => ({
      contents: 'export const toASCII = (...args) => require("tr46").toASCII(...args);',
      resolveDir: root,
    }));
    // A table as a text costs nothing until it is parsed; as a literal it is compiled with the code round it.
    build.onLoad({ filter: /\/tr46\/lib\/mappingTable\.json$/ }, ({ path }) => ({
      contents: `module.exports = JSON.parse(${JSON.stringify(JSON.stringify(JSON.parse(readFileSync(path, "utf8"))))});`,
    }));
  },
};

/** `commander` starts programs for commands that are programs of their own. We have none, and loading this takes 4 ms. */
const lazySpawn = {
  name: "lazy-spawn",
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/commander/") ? { path: "spawn", namespace: "lazy-spawn" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "lazy-spawn" }, () => ({
      contents: 'export default { spawn: (...args) => process.getBuiltinModule("node:child_process").spawn(...args) };',
    }));
  },
};

/** What is imported on demand is no part of the file: its commands never come to that. */
const leaveOutOnDemand = {
  name: "leave-out-on-demand",
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path, external: true } : undefined,
    );
  },
};

/**
 * For a file with one command: what it imports on demand comes at once. Modules that nobody waits for are one piece of
 * code, without what of them is not used.
 */
const atOnce = {
  name: "at-once",
  setup(build) {
    build.onLoad({ filter: /\/src\/cli\/\w[\w-]*\.ts$/ }, ({ path }) => {
      const found = [];
      const text = readFileSync(path, "utf8").replace(/await import\(("[^"]+")\)/g, (_, from) => {
        found.push(`import * as demanded${found.length} from ${from};`);
        return `demanded${found.length - 1}`;
      });
      return { contents: `${found.join("")}${text}`, loader: "ts" };
    });
  },
};

/**
 * What Envoy's descriptors stand behind, and the library for calls of C: loaded when first called. The agent listens
 * before that, and has it loaded while it waits for other programs. These modules export functions and types alone.
 */
const ON_FIRST_CALL = [
  "src/compile/agent/decode.ts",
  "src/compile/agent/encode.ts",
  "src/compile/envoy/bootstrap.ts",
  "src/compile/envoy/encode.ts",
  "src/compile/envoy/trial-bootstrap.ts",
  "src/xds/delta-wire.ts",
].map((path) => join(root, path));
const onFirstCall = {
  name: "on-first-call",
  setup(build) {
    build.onResolve({ filter: /^koffi$/ }, ({ kind }) =>
      kind === "import-statement" ? { path: "koffi", namespace: "first-use", sideEffects: false } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "first-use" }, () => ({
      contents: 'export default new Proxy({}, { get: (_, name) => require("koffi")[name] });',
      resolveDir: root,
    }));
    build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, kind, resolveDir }) => {
      const file = join(resolveDir, path);
      return kind === "import-statement" && ON_FIRST_CALL.includes(file)
        ? { path: file, namespace: "first-call", sideEffects: false }
        : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: "first-call" }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const functions = [...text.matchAll(/^export (?:function (\w+)|const (\w+) = \()/gm)];
      if (functions.length < [...text.matchAll(/^export (?!type |interface )/gm)].length)
        throw new Error(`${path} is loaded when first called, and exports more than functions`);
      const names = functions.map(([, one, other]) => one ?? other);
      return {
        contents: [
          `let real; const load = () => (real ??= require("./${basename(path)}"));`,
          ...names.map((name) => `export const ${name} = (...args) => load().${name}(...args);`),
        ].join("\n"),
        resolveDir: dirname(path),
      };
    });
  },
};

function settings(entryPoints, platform) {
  return {
    absWorkingDir: root,
    entryPoints,
    outdir: "dist",
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform,
    target: platform === "node" ? "node24" : "es2024",
    external: platform === "node" ? EXTERNAL : [],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    plugins: [lazyTables, lazySpawn],
    write: false,
    logLevel: "warning",
  };
}

/** A few commands in one file. */
const inOneFile = (name, entry, plugins) => ({
  ...settings({ [name]: entry }, "node"),
  entryNames: "chunks/[name]-[hash]",
  outExtension: { ".js": ".cjs" },
  format: "cjs",
  splitting: false,
  define: { "import.meta.dirname": "__dirname" },
  plugins: [...plugins, lazyTables, lazySpawn],
});
const quick = inOneFile("quick", "src/cli/index.ts", [leaveOutOnDemand]);
// Searching node_modules for a hundred files takes longer than running them; koffi is native.
const sidecar = {
  ...inOneFile("sidecar", "src/cli/sidecar-only.ts", [atOnce, onFirstCall]),
  external: ["koffi"],
  minifyIdentifiers: true,
  keepNames: false,
};

/** Bundled CommonJS packages ask for Node's own modules with `require`. */
const banner = { js: 'const require=process.getBuiltinModule("node:module").createRequire(import.meta.url);' };
const command = (quickFile, sidecarFile) => ({
  ...settings({ sallyport: "src/main.ts" }, "node"),
  banner,
  define: {
    QUICK_BUNDLE: JSON.stringify(`chunks/${basename(quickFile)}`),
    SIDECAR_BUNDLE: JSON.stringify(`chunks/${basename(sidecarFile)}`),
  },
});
const testbed = {
  ...settings({ "chunks/testbed-process": "src/testbed/process.ts" }, "node"),
  banner,
  outExtension: { ".js": ".js" },
};
const library = settings({ index: "src/index.ts", ...libraryParts() }, "browser");

/** Each folder that the library exports, and the tables of IDNA, in files of their own: bundlers take what is used. */
function libraryParts() {
  const text = readFileSync(join(root, "src", "index.ts"), "utf8");
  const folders = [...text.matchAll(/"\.\/(policy\/([\w-]+)\/index\.ts)"/g)];
  const parts = folders.map(([, file, name]) => [`chunks/library-${name}`, `src/${file}`]);
  return { ...Object.fromEntries(parts), "chunks/library-idna": "node_modules/tr46/index.js" };
}

async function bundle() {
  const started = performance.now();
  const { build } = await import("esbuild");
  const single = (await Promise.all([build(quick), build(sidecar)])).map(({ outputFiles: [file] }) => file);
  const entry = command(...single.map(({ path }) => path));
  const results = await Promise.all([entry, testbed, library].map((one) => build(one)));
  const files = [...single, ...results.flatMap(({ outputFiles }) => outputFiles)].map(({ path, text }) => ({
    path,
    contents: path.endsWith(".cjs") ? text : withLightBuiltins(text),
  }));
  const isEntry = ({ path }) => dirname(path) === dist;
  mkdirSync(join(dist, "chunks"), { recursive: true });
  for (const file of files.filter((file) => !isEntry(file))) put(file);
  for (const file of files.filter(isEntry)) put(file);
  dropOldChunks(new Set(files.map(({ path }) => path)));
  warmUp();
  if (options.has("--quiet")) return;
  const bytes = files.reduce((sum, { contents }) => sum + contents.length, 0);
  const [size, time] = [(bytes / 1e6).toFixed(2), Math.round(performance.now() - started)];
  console.log(`built dist: ${files.length} files, ${size} MB, ${time} ms`);
}

/**
 * Node's own modules without `import`: that reads every export, which for `process` opens the standard streams and for
 * `fs` loads its promises, 10 ms together. The statements move to the top, where imports count from as well.
 */
function withLightBuiltins(text) {
  const lines = [];
  const rest = text.replace(/(?<=^|;|\n)import\s*([^"';]+?)\s*from\s*"(node:[\w/]+)";?/g, (_, clause, name) => {
    const names = clause.replace(/^\*\s*as\s/, "").replaceAll(" as ", ":");
    if (names.includes(",") && !names.startsWith("{")) throw new Error(`cannot rewrite \`import ${clause}\``);
    lines.push(`const ${names}=process.getBuiltinModule("${name}");`);
    return "";
  });
  return lines.join("") + rest;
}

function put({ path, contents }) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

/** A process that started before this build may still load the chunks it knows. */
function dropOldChunks(current) {
  for (const name of readdirSync(join(dist, "chunks"))) {
    const path = join(dist, "chunks", name);
    const isOld = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > KEEP_OLD_CHUNKS_MS;
    if (!current.has(path) && isOld) rmSync(path, { force: true });
  }
}

/** The first run leaves its compiled code for all that follow, so it is one that does what they do. */
function warmUp() {
  rmSync(join(dist, ".compile-cache"), { recursive: true, force: true });
  const node = join(root, "node_modules", ".bin", "node");
  const args = [join(dist, "sallyport.mjs"), "check", "-f", join(root, "examples", "quickstart", "universal")];
  spawnSync(existsSync(node) ? node : process.execPath, args, { stdio: "ignore" });
}

/** Declarations of the library, for those who import it from a package. */
function emitTypes() {
  const tsc = join(root, "node_modules", ".bin", "tsc");
  if (!existsSync(tsc)) throw new Error(`${relative(root, tsc)} is missing: run \`npm ci\` first`);
  execFileSync(tsc, ["-p", "tsconfig.types.json"], { cwd: root, stdio: "inherit" });
}

/** Is no source newer than the bundle? */
function isFresh() {
  const entry = statSync(join(dist, "sallyport.mjs"), { throwIfNoEntry: false });
  if (entry === undefined) return false;
  const sources = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && /\.[tj]s$/.test(file.name))
    .map((file) => join(file.parentPath, file.name));
  const inputs = [join(root, "package.json"), join(root, "scripts", "build.mjs"), ...sources];
  return inputs.every((file) => statSync(file).mtimeMs <= entry.mtimeMs);
}

if (options.has("--if-stale") && isFresh()) process.exit(0);
if (options.has("--clean")) rmSync(dist, { recursive: true, force: true });
await bundle();
if (options.has("--types")) emitTypes();
