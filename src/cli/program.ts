import type { Command } from "commander";
import { checkCommand } from "./check.ts";
import type { CommandContext } from "./command.ts";
import { compareCommand } from "./compare.ts";
import { compileCommand } from "./compile.ts";
import { controlPlaneCommand } from "./control-plane.ts";
import { convertCommand } from "./convert.ts";
import { deniedCommand } from "./denied.ts";
import { diffCommand } from "./diff.ts";
import { effectiveCommand } from "./effective.ts";
import { envoyCommand } from "./envoy.ts";
import type { ExitCode } from "./exit-codes.ts";
import { fmtCommand } from "./fmt.ts";
import { hitsCommand } from "./hits.ts";
import { lintCommand } from "./lint.ts";
import { quickstartCommand } from "./quickstart.ts";
import { redirectCommand } from "./redirect.ts";
import { type Commands, programOf, runProgram } from "./run-program.ts";
import { schemaCommand } from "./schema.ts";
import { sidecarCommand } from "./sidecar.ts";
import type { Terminal } from "./terminal.ts";
import { testCommand } from "./test.ts";
import { whyCommand } from "./why.ts";

const COMMANDS: Commands = [
  checkCommand,
  lintCommand,
  effectiveCommand,
  whyCommand,
  diffCommand,
  testCommand,
  fmtCommand,
  convertCommand,
  schemaCommand,
  compileCommand,
  compareCommand,
  controlPlaneCommand,
  sidecarCommand,
  hitsCommand,
  deniedCommand,
  redirectCommand,
  envoyCommand,
  quickstartCommand,
];

/** Run one command line with all commands there are. */
export const run = (args: readonly string[], terminal: Terminal): Promise<ExitCode> =>
  runProgram(COMMANDS, args, terminal);

/** The whole tree of commands; the reference page is made from it too. */
export const buildProgram = (context: CommandContext): Command => programOf(COMMANDS, context);
