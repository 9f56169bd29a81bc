import { accessSync, closeSync, constants, openSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { errorText, HostError, type Identity, runCommand } from "../host/index.ts";
import { cachedEnvoy, DEFAULT_ENVOY_VERSION, INSTALLABLE_VERSIONS } from "./install.ts";

/** Oldest release whose behaviour is tested; `body_format` of a local reply needs it. */
const OLDEST_MINOR = 37;

export interface EnvoySearch {
  /** `--envoy`. */
  readonly path?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cacheFolder?: string;
}

/**
 * The Envoy binary to run: the one named, else `SALLYPORT_ENVOY`, else `envoy` on PATH, else an installed one, newest
 * first. A name that leads nowhere is an error, never skipped. Throws a HostError.
 */
export function findEnvoy(search: EnvoySearch = {}): string {
  const env = search.env ?? process.env;
  if (search.path !== undefined) return named(search.path, "--envoy");
  if (env.SALLYPORT_ENVOY !== undefined && env.SALLYPORT_ENVOY !== "")
    return named(env.SALLYPORT_ENVOY, "SALLYPORT_ENVOY");
  const onPath = (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "envoy"));
  const cached = [DEFAULT_ENVOY_VERSION, ...INSTALLABLE_VERSIONS].map((v) => cachedEnvoy(v, search.cacheFolder));
  const found = [...onPath, ...cached].find((path) => whyNot(path) === undefined);
  if (found !== undefined) return found;
  throw new HostError(
    "no Envoy binary was found: run `sallyport envoy install`, or name one with --envoy or SALLYPORT_ENVOY",
  );
}

function named(path: string, how: string): string {
  const why = whyNot(path);
  if (why === undefined) return resolve(path);
  throw new HostError(`no Envoy binary at \`${path}\` (${how}): ${why}`);
}

function whyNot(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return "it is not a file";
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

/**
 * The version that a binary prints when run as it will be, as `1.40.0`. Throws a HostError if it cannot run there or is
 * older than what is supported.
 */
export async function envoyVersion(binary: string, identity: Identity, folder: string): Promise<string> {
  const fd = openSync(binary, "r");
  try {
    const outcome = await runCommand("envoy", ["--version"], {
      programFd: fd,
      folder,
      timeoutMs: 20_000,
      ...(identity.kind === "uid" && { uid: identity.uid }),
    });
    if (outcome.kind === "failed") throw new HostError(`cannot run ${binary}: ${outcome.why}`);
    const version = /\/(\d+)\.(\d+)\.(\d+)[^/]*\//.exec(outcome.stdout);
    if (outcome.code !== 0 || version === null)
      throw new HostError(
        `${binary} is not an Envoy that runs here: \`--version\` ended with ${outcome.code}: ${(outcome.stdout + outcome.stderr).trim().slice(0, 300)}`,
      );
    const [, major, minor, patch] = version;
    if (major !== "1" || Number(minor) < OLDEST_MINOR)
      throw new HostError(
        `${binary} is Envoy ${major}.${minor}.${patch}, and 1.${OLDEST_MINOR} or newer is needed: run \`sallyport envoy install\``,
      );
    return `${major}.${minor}.${patch}`;
  } finally {
    closeSync(fd);
  }
}

/** Tells one Envoy from another. The binary's time and size stand for its content. */
export function envoyKey(binary: string, version: string): string {
  const { size, mtimeMs } = statSync(binary);
  return `${version} ${size} ${mtimeMs}`;
}
