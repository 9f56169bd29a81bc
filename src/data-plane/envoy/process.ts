import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chownSync, closeSync, openSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LOG_FLUSH_MS } from "../../compile/envoy/index.ts";
import {
  errorText,
  type Identity,
  type Log,
  PROGRAM_AS_FD_3,
  type ProcessId,
  processIdOf,
  stillRuns,
} from "../host/index.ts";
import { openLogFile } from "./log-file.ts";
import { findRunningEnvoys, keyArgument } from "./running.ts";

export interface EnvoyLaunch {
  readonly binary: string;
  readonly identity: Identity;
  /** Envoy's working folder; its sockets are in it. Absolute, without symbolic links. */
  readonly runFolder: string;
  readonly bootstrap: string;
  /** Goes into the body of a denial. */
  readonly workload: string;
  /** Worker threads. */
  readonly concurrency: number;
  readonly logPath: string;
  readonly logLevel: string;
  /** All its connections are gone. */
  readonly onEnded: () => void;
}

/** Envoy, kept running. */
export interface EnvoyProcess {
  /** The process as of now; undefined between two. */
  current(): ProcessId | undefined;
  /** An earlier agent's Envoy was taken over: it has a configuration, and connections. */
  readonly adopted: boolean;
  /** Look now whether it still runs, as when its stream ended. */
  check(): void;
  /** End it and start it no more: TERM, then KILL. */
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
/** Whoever ran this long did not fail at its start. */
const STEADY_MS = 30_000;
const TERM_PATIENCE_MS = 3_000;
const WATCH_MS = 500;
/**
 * No file that Envoy writes grows beyond this. Its access log does only where no agent reads it for long: then records
 * are lost, and Envoy counts them, but the disk does not fill up.
 */
const LONGEST_FILE_BYTES = 256 << 20;

/**
 * Take over the Envoy of an earlier agent if it was launched exactly as this one would be, else start one; whenever it
 * ends, start it again, later each time. Without it connections are refused, since the redirection stays. Throws what
 * the file system says about the run folder and the log.
 */
export async function runEnvoy(launch: EnvoyLaunch, log: Log): Promise<EnvoyProcess> {
  const key = launchKey(launch);
  const logFile = openLogFile(launch.logPath);
  if (launch.identity.kind === "uid") chownSync(launch.runFolder, launch.identity.uid, launch.identity.uid);

  const adopted = await adopt(launch.runFolder, key, log);
  let now = adopted;
  let stopping = false;
  let pauseMs = FIRST_PAUSE_MS;
  let startedAt = performance.now();
  let pending: NodeJS.Timeout | undefined;

  const ended = (id: ProcessId, how: string) => {
    if (now === undefined || now.pid !== id.pid || now.startTicks !== id.startTicks) return;
    now = undefined;
    launch.onEnded();
    if (stopping) return;
    if (performance.now() - startedAt > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    log.error(
      { pid: id.pid, how, said: logFile.lastTroubles(3), againInMs: pauseMs },
      "envoy ended; no way out until it is back",
    );
    again();
  };
  const again = () => {
    pending = setTimeout(start, pauseMs);
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  };
  const start = () => {
    pending = undefined;
    startedAt = performance.now();
    const child = spawnEnvoy(launch, key, logFile.fd);
    const id = child.pid === undefined ? undefined : processIdOf(child.pid);
    now = id;
    child.on("error", (error) => {
      log.error({ error: errorText(error), againInMs: pauseMs }, "envoy could not be started");
      if (child.pid === undefined && !stopping) again();
    });
    child.on("exit", (code, signal) => {
      if (id !== undefined) ended(id, signal ?? `code ${code}`);
    });
    if (child.pid !== undefined && id === undefined) again(); // it was gone before it could be looked at
    if (id !== undefined) log.info({ pid: id.pid }, "envoy started");
  };
  const check = () => {
    if (now !== undefined && !stillRuns(now)) ended(now, "unknown: it was started by an earlier agent");
  };
  if (now === undefined) start();
  const watch = setInterval(() => {
    check();
    logFile.rotate();
  }, WATCH_MS);
  watch.unref();

  return {
    current: () => now,
    adopted: adopted !== undefined,
    check,
    async stop() {
      stopping = true;
      clearInterval(watch);
      clearTimeout(pending);
      if (now !== undefined) await endProcess(now);
      now = undefined;
      logFile.close();
    },
  };
}

/** Whatever makes one launch different from another. The binary's time and size stand for its content. */
function launchKey(launch: EnvoyLaunch): string {
  const { size, mtimeMs } = statSync(launch.binary);
  const { binary, identity, workload } = launch;
  const facts = JSON.stringify([binary, size, mtimeMs, identity, workload, AT_LIMIT, argumentsOf(launch)]);
  return createHash("sha256").update(facts).digest("hex").slice(0, 24);
}

const argumentsOf = ({ bootstrap, concurrency, logLevel }: EnvoyLaunch): readonly string[] => [
  // not a file: Envoy looks up its full path, which its user may not be able to
  ...["--config-yaml", bootstrap],
  ...["--concurrency", String(concurrency)],
  ...["--log-level", logLevel],
  // no update drains anything, but each keeps the old listener for this long
  ...["--drain-time-s", "1"],
  ...["--file-flush-interval-msec", String(LOG_FLUSH_MS)],
  "--disable-hot-restart",
];

/**
 * For a shell: become Envoy, for which a file at its limit is an error when writing, as Envoy can take it, and not the
 * signal that ends a process. What a process ignores, its successor ignores too.
 */
const AT_LIMIT = `trap "" XFSZ; ulimit -f ${LONGEST_FILE_BYTES / 512}; PATH=.; exec envoy "$@"`;

async function adopt(runFolder: string, key: string, log: Log): Promise<ProcessId | undefined> {
  let adopted: ProcessId | undefined;
  for (const envoy of findRunningEnvoys(runFolder)) {
    if (adopted === undefined && envoy.key === key && envoy.sameNamespace) {
      adopted = envoy.id;
      log.info({ pid: adopted.pid }, "envoy of an earlier agent taken over");
    } else {
      log.warn({ pid: envoy.id.pid }, "envoy of an earlier agent was started in another way; it is replaced");
      await endProcess(envoy.id);
    }
  }
  return adopted;
}

function spawnEnvoy(launch: EnvoyLaunch, key: string, logFd: number): ChildProcess {
  const { identity, runFolder, workload } = launch;
  const binaryFd = openSync(launch.binary, "r");
  try {
    rmSync(join(runFolder, "envoy"), { force: true });
    symlinkSync(PROGRAM_AS_FD_3, join(runFolder, "envoy"));
    const child = spawn("/bin/sh", ["-c", AT_LIMIT, "sh", ...argumentsOf(launch), ...keyArgument(key)], {
      cwd: runFolder,
      env: { SALLYPORT_WORKLOAD: workload },
      // a group of its own: what ends the agent, a terminal's Ctrl-C included, must not end Envoy
      detached: true,
      stdio: ["ignore", logFd, logFd, binaryFd],
      ...(identity.kind === "uid" && { uid: identity.uid, gid: identity.uid }),
    });
    child.unref();
    return child;
  } finally {
    closeSync(binaryFd);
  }
}

async function endProcess(id: ProcessId): Promise<void> {
  for (const [signal, patienceMs] of [
    ["SIGTERM", TERM_PATIENCE_MS],
    ["SIGKILL", TERM_PATIENCE_MS],
  ] as const) {
    if (!stillRuns(id)) return;
    try {
      process.kill(id.pid, signal);
    } catch {
      return; // gone between the look and the signal
    }
    for (const until = performance.now() + patienceMs; performance.now() < until && stillRuns(id); ) await sleep(10);
  }
}
