import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** How a process ended: its code, or the signal that killed it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a finished command left. */
export interface Finished extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command. `nsenter` stands between it and us; pid and signals are those of the command itself. */
export interface Running {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  readonly exited: Promise<Exit>;
  /** Process id as seen from outside the namespaces; undefined once it has ended. */
  pid(): Promise<number | undefined>;
  /** Signals the command; false when it had ended before. Default SIGTERM. */
  kill(signal?: NodeJS.Signals): Promise<boolean>;
}

export interface SpawnOptions {
  /** Added to the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the current folder. */
  readonly cwd?: string;
  /** Default: all three are pipes. */
  readonly stdio?: "inherit" | "pipe" | readonly ("inherit" | "pipe" | "ignore" | number)[];
}

/** On Debian an ordinary user's PATH lacks the folders of `ip` and `nft`. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

export function environment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const path = (process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin").split(":");
  const missing = SYSTEM_FOLDERS.filter((folder) => !path.includes(folder));
  return { ...process.env, PATH: [...path, ...missing].join(":"), ...extra };
}

/**
 * Starts a command in a session of its own, so that Ctrl-C reaches the caller alone and the caller ends things in
 * order. `entersPidNamespace`: the command is then the only child of the process that is started here.
 */
export function start(argv: readonly string[], options: SpawnOptions = {}, entersPidNamespace = false): Running {
  const [command = "", ...args] = argv;
  const { stdio = "pipe" } = options;
  const child = spawn(command, args, {
    env: environment(options.env),
    cwd: options.cwd ?? process.cwd(),
    stdio: typeof stdio === "string" ? stdio : [...stdio],
    detached: true,
  });
  const exited = new Promise<Exit>((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`cannot start \`${command}\`: ${error.message}`)));
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  exited.catch(() => undefined); // whoever waits for it sees the error; nobody has to wait
  const pid = () => (entersPidNamespace ? firstChild(child) : Promise.resolve(alive(child) ? child.pid : undefined));
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    pid,
    kill: async (signal = "SIGTERM") => {
      const target = await pid();
      return target !== undefined && signalled(target, signal);
    },
  };
}

/** Runs a command to its end. */
export async function finish(running: Running, input = ""): Promise<Finished> {
  const [stdout, stderr] = [text(running.stdout), text(running.stderr)];
  running.stdin?.on("error", () => undefined); // it may end without reading
  running.stdin?.end(input);
  const exit = await running.exited;
  return { ...exit, stdout: await stdout, stderr: await stderr };
}

const alive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it has ended meanwhile
  }
}

async function firstChild(child: ChildProcess): Promise<number | undefined> {
  while (alive(child) && child.pid !== undefined) {
    const [pid] = childrenOf(child.pid);
    if (pid !== undefined) return pid;
    await sleep(2); // nsenter has not forked yet
  }
  return undefined;
}

/** Process ids of the children of a process, as seen from here. */
export function childrenOf(pid: number): number[] {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return list.split(" ").filter(Boolean).map(Number);
  } catch {
    return childrenByScan(pid); // a kernel without CONFIG_PROC_CHILDREN, or the process has ended
  }
}

function childrenByScan(parent: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

async function text(stream: Readable | null): Promise<string> {
  if (stream === null) return "";
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
