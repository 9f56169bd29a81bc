import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";

export type CommandOutcome =
  | { readonly kind: "ran"; readonly code: number; readonly stdout: string; readonly stderr: string }
  /**
   * Not found, not executable, not allowed, ended by a signal, or out of time. `errno` as Node names it, where there is
   * one; `signal` only where it was not us who sent it.
   */
  | { readonly kind: "failed"; readonly errno?: string; readonly signal?: NodeJS.Signals; readonly why: string };

export interface CommandOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Killed after this long. */
  readonly timeoutMs: number;
  /** Run by this user, in the group of the same number and no other. */
  readonly uid?: number;
  readonly folder?: string;
  /** Run the program that is open here, as its descriptor 3: no path to it need be readable by `uid`. */
  readonly programFd?: number;
  /** Open there as descriptor 4; needs `programFd`. */
  readonly secondFd?: number;
  /** Whatever else wants the processor comes first. */
  readonly isLeisurely?: boolean;
}

/** How a program that is open as descriptor 3 is named in its own process. */
export const PROGRAM_AS_FD_3 = "/proc/self/fd/3";

const MAX_OUTPUT_BYTES = 64 << 20;

/** Run a program to its end, without a shell. Never rejects. */
export function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const { env, uid, folder, programFd, secondFd } = options;
    const fds = programFd === undefined ? [] : secondFd === undefined ? [programFd] : [programFd, secondFd];
    const child = spawn(programFd === undefined ? program : PROGRAM_AS_FD_3, args, {
      argv0: program,
      stdio: ["pipe", "pipe", "pipe", ...fds],
      ...(env !== undefined && { env }),
      ...(folder !== undefined && { cwd: folder }),
      ...(uid !== undefined && { uid, gid: uid }),
    });
    if (options.isLeisurely === true && child.pid !== undefined) giveWay(child.pid);
    const { stdin, stdout, stderr } = child;
    const out = collect(stdout);
    const err = collect(stderr);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, options.timeoutMs);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({ kind: "failed", why: error.message, ...(error.code !== undefined && { errno: error.code }) });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (late) resolve({ kind: "failed", why: `no answer within ${options.timeoutMs} ms` });
      else if (code === null)
        resolve({ kind: "failed", why: `ended by ${signal}`, ...(signal !== null && { signal }) });
      else resolve({ kind: "ran", code, stdout: out(), stderr: err() });
    });
    stdin?.on("error", () => {}); // it ended before it had read everything; its exit code tells
    stdin?.end(options.input ?? "");
  });
}

function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // it has ended already
  }
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const parts: Buffer[] = [];
  let bytes = 0;
  stream?.on("data", (part: Buffer) => {
    bytes += part.length;
    if (bytes <= MAX_OUTPUT_BYTES) parts.push(part);
  });
  return () => Buffer.concat(parts).toString("utf8");
}
