/** The command line of an agent alone: what else there is need not be in its memory. */
import type { ExitCode } from "./exit-codes.ts";
import { runProgram } from "./run-program.ts";
import { sidecarCommand } from "./sidecar.ts";
import type { Terminal } from "./terminal.ts";

export { processTerminal } from "./terminal.ts";

/** Run one command line that begins with `sidecar`. */
export const run = (args: readonly string[], terminal: Terminal): Promise<ExitCode> =>
  runProgram([sidecarCommand], args, terminal);
