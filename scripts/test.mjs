// Everything that can fail, in one command: `npm test`. With --quick what needs no namespaces: `npm run check`.
// Ends with one line, `N passed, N failed`: every test of every suite, and each other step counted as one test.
// What was left out is named; with CI=true it counts as failed.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");
const isQuick = process.argv.includes("--quick");
const isStrict = process.env.CI === "true";
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` };
const reports = mkdtempSync(join(tmpdir(), "sallyport-test-"));

const total = { passed: 0, failed: 0 };
const failures = [];
const leftOut = [];

const NOTHING_WORKS = 1;
if (step("setup", process.execPath, [join(root, "scripts", "setup.mjs"), "--for", "test"]) !== NOTHING_WORKS) {
  await Promise.all([
    sideStep("types", "tsc", ["-p", ".", ...(isQuick ? rememberTypes() : [])]),
    sideStep("lint", "biome", ["ci", "--error-on-warnings"]),
    sideStep("unused code", "knip", []),
  ]);
  nameEnvoys();
  suite("unit");
  if (!isQuick) suite("real");
  othersData(process.env.SALLYPORT_FIXTURES);
}
rmSync(reports, { recursive: true, force: true });
close();

/** Tests with a real Envoy find the supported ones by these variables; a set one is left alone. */
function nameEnvoys() {
  const versions = { SALLYPORT_ENVOY: "1.40.0", SALLYPORT_ENVOY_MIDDLE: "1.39.3", SALLYPORT_ENVOY_OLDEST: "1.37.0" };
  for (const [variable, version] of Object.entries(versions)) {
    const { status, stdout } = spawnSync(join(root, "bin", "sallyport"), ["envoy", "path", "--version", version]);
    if (status === 0) env[variable] ||= stdout.toString().trim();
  }
}

/** One command, one test. Returns its exit code. */
function step(name, program, args) {
  const started = performance.now();
  console.log(`\n== ${name}`);
  const { status } = spawnSync(program, args, { cwd: root, env, stdio: "inherit" });
  const isFine = status === 0;
  count(isFine ? 1 : 0, isFine ? [] : [name]);
  console.log(`${name}: ${isFine ? "fine" : "failed"}, ${seconds(started)}`);
  return status;
}

/** As `step`, beside others: what it prints comes when it has ended. */
function sideStep(name, program, args) {
  const started = performance.now();
  const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
  return new Promise((resolve) => {
    const end = (isFine) => {
      console.log(`\n== ${name}\n${Buffer.concat(chunks)}`);
      count(isFine ? 1 : 0, isFine ? [] : [name]);
      console.log(`${name}: ${isFine ? "fine" : "failed"}, ${seconds(started)}`);
      resolve();
    };
    child.on("error", () => end(false));
    child.on("close", (status) => end(status === 0));
  });
}

/** Only what has changed since the last time, and what depends on it, is looked at again. */
function rememberTypes() {
  mkdirSync(join(root, ".cache"), { recursive: true });
  return ["--incremental", "--tsBuildInfoFile", join(root, ".cache", "types.tsbuildinfo")];
}

/** One vitest project, every test counted. */
function suite(project) {
  const started = performance.now();
  console.log(`\n== ${project}`);
  const file = join(reports, `${project}.json`);
  const config = isQuick ? "vitest.quick.config.ts" : "vitest.config.ts";
  const args = [
    "run",
    "--config",
    config,
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ];
  const { status } = spawnSync("vitest", args, { cwd: root, env, stdio: "inherit" });
  const before = failures.length;
  readReport(project, file);
  if (status !== 0 && failures.length === before) count(0, [`${project}: ended with ${status}`]);
  console.log(`${project}: ${seconds(started)}`);
}

function readReport(project, file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    count(0, [`${project}: no report, the run did not start`]);
    return;
  }
  for (const { name, status, assertionResults } of report.testResults) {
    const path = name.replace(`${root}/`, "");
    const titled = (wanted) =>
      assertionResults.filter((t) => wanted.includes(t.status)).map((t) => `${path}: ${t.fullName}`);
    const failed = titled(["failed"]);
    // A file that cannot be loaded has no tests, and must not pass for that.
    const isBroken = status === "failed" && failed.length === 0;
    count(titled(["passed"]).length, isBroken ? [`${path}: the file failed as a whole`] : failed);
    leftOut.push(...titled(["skipped", "pending", "todo", "disabled"]));
  }
}

/** The cases of others below a folder; a gap that is listed with its reason is neither passed nor failed. */
function othersData(folder) {
  console.log("\n== others' data");
  if (!folder) {
    console.log("not run: SALLYPORT_FIXTURES names no folder");
    return;
  }
  const args = [join("test", "fixtures", "run.ts"), folder, "-o", "json"];
  const { status, stdout, stderr } = spawnSync("node", args, { cwd: root, env, maxBuffer: 64 << 20 });
  if (stdout.length === 0) {
    count(0, [`others' data: ended with ${status}: ${stderr}`]);
    return;
  }
  const kinds = new Map();
  for (const { id, kind, detail } of JSON.parse(stdout)) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (kind === "failed" || kind === "closed gap") count(0, [`others' data: ${kind}: ${id}: ${detail ?? ""}`]);
    if (kind === "passed") count(1, []);
  }
  console.log([...kinds].map(([kind, n]) => `${n} ${kind}`).join(", "));
}

function count(passed, failed) {
  total.passed += passed;
  total.failed += failed.length;
  failures.push(...failed);
}

function close() {
  print(`\nleft out${isStrict ? " (counts as failed: CI=true)" : ""}:`, leftOut);
  print("\nfailed:", failures);
  if (isStrict) total.failed += leftOut.length;
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

function print(title, lines) {
  if (lines.length > 0) console.log([title, ...lines.map((line) => `  - ${line}`)].join("\n"));
}

function seconds(started) {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
