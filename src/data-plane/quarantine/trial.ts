import { chownSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ResourceBytes, trialBootstrap } from "../../compile/envoy/index.ts";
import { errorText, type Identity, runCommand } from "../host/index.ts";

/** What a throw-away Envoy made of a configuration. */
export type Trial =
  | { readonly kind: "accepted" }
  /** In Envoy's words. */
  | { readonly kind: "rejected"; readonly why: string }
  /** It could not be asked, or did not answer in time. */
  | { readonly kind: "unknown"; readonly why: string };

export interface TrialSettings {
  readonly binary: string;
  /** Who runs it: nobody who may do more than the Envoy that serves. */
  readonly identity: Identity;
  /** Made where it is absent; only this process writes there. */
  readonly folder: string;
  /** A trial that takes longer is `unknown`. */
  readonly timeoutMs: number;
}

const FILE = "trial.pb";
/** Its working folder, where it makes the file for records that the configuration names. */
const RUN = "run";

/**
 * Ask an Envoy of its own, which takes no connection and ends at once, whether it takes these resources. One at a time,
 * at low priority. A configuration that makes it crash counts as rejected. Never rejects.
 */
export async function tryOut(resources: ResourceBytes, settings: TrialSettings): Promise<Trial> {
  const { folder } = settings;
  const fds: number[] = [];
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const run = join(folder, RUN);
    mkdirSync(run, { recursive: true, mode: 0o700 });
    if (settings.identity.kind === "uid") chownSync(run, settings.identity.uid, settings.identity.uid);
    writeFileSync(join(folder, FILE), trialBootstrap(resources, "agent.sock"), { mode: 0o644 });
    const programFd = openSync(settings.binary, "r");
    fds.push(programFd);
    const secondFd = openSync(folder, "r");
    fds.push(secondFd);
    return await ask(settings, programFd, secondFd);
  } catch (error) {
    return { kind: "unknown", why: errorText(error) };
  } finally {
    for (const fd of fds) closeSync(fd);
    for (const name of [FILE, RUN]) rmSync(join(folder, name), { force: true, recursive: true });
  }
}

async function ask(
  { identity, folder, timeoutMs }: TrialSettings,
  programFd: number,
  secondFd: number,
): Promise<Trial> {
  const args = [
    ...["--mode", "validate"],
    // by the folder's descriptor: Envoy's user may have no way to it, and Envoy knows the format by the name's end
    ...["--config-path", `/dev/fd/4/${FILE}`],
    ...["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"],
    // over xDS, unknown fields are no fault either
    "--allow-unknown-static-fields",
  ];
  const outcome = await runCommand("envoy", args, {
    ...{
      programFd,
      secondFd,
      timeoutMs,
      isLeisurely: true,
      folder: join(folder, RUN),
      env: { SALLYPORT_WORKLOAD: "trial" },
    },
    ...(identity.kind === "uid" && { uid: identity.uid }),
  });
  if (outcome.kind === "ran")
    return outcome.code === 0 ? { kind: "accepted" } : { kind: "rejected", why: envoysWords(outcome.stderr) };
  if (outcome.signal === undefined) return { kind: "unknown", why: outcome.why };
  return { kind: "rejected", why: `a throw-away Envoy crashed on it (${outcome.signal})` };
}

/** What it complained of, without time, thread and file. */
export function envoysWords(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const fault = lines.findLast((line) => line.includes("error initializing configuration"));
  const words =
    fault?.replace(/^.*?error initializing configuration '[^']*': /, "") ?? lines.at(-1) ?? "no reason given";
  return words.replace(/^(?:\[[^\]]*\] ?)+/, "").trim();
}
