import { spawn } from "node:child_process";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");
export const SALLYPORT = join(ROOT, "bin", "sallyport");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Run a program to its end; `code` is null if a signal ended it. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    // At the first level bash takes a socket as its input for a remote login, and reads the host's own settings.
    const env = { ...process.env, NO_COLOR: undefined, SHLVL: "2", ...options.env };
    const child = spawn(program, args, { cwd: options.cwd ?? ROOT, env, stdio: "pipe" });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
    child.stdin.on("error", () => undefined); // it may end without having read
    child.stdin.end(options.input ?? "");
  });
}

/** The real command, as its users start it. */
export const sallyport = (args: readonly string[], options?: RunOptions): Promise<Ran> => run(SALLYPORT, args, options);
