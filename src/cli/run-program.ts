import { Command, CommanderError } from "commander";
import type { CommandContext } from "./command.ts";
import { CommandError, EXIT, EXIT_MEANING, type ExitCode } from "./exit-codes.ts";
import { printable, type Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

/** How each command of a program is made. */
export type Commands = readonly ((context: CommandContext) => Command)[];

/**
 * Run one command line, without the program's own name. Every failure ends here: as a message on standard error and
 * an exit code. A fault of ours, as opposed to one of the user's, keeps its stack.
 */
export async function runProgram(commands: Commands, args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT.fine;
  const finish = (next: ExitCode): void => {
    code = next;
  };
  try {
    const program = programOf(commands, { terminal, finish });
    // Commander answers `help nonsense` with the help of the whole.
    const [first, name = ""] = args;
    const isLost = first === "help" && name !== "" && program.commands.every((one) => one.name() !== name);
    await program.parseAsync(isLost ? [name] : args, { from: "user" });
    return code;
  } catch (error) {
    return report(error, terminal);
  }
}

/** The whole tree of these commands. */
export function programOf(commands: Commands, context: CommandContext): Command {
  const program = new Command("sallyport")
    .description("Decides which traffic may leave a mesh workload, says why, and enforces it with Envoy.")
    .version(VERSION, "-V, --version", "print the version")
    // `--version` before a command is the program's, after it the command's own.
    .enablePositionalOptions()
    .addHelpText("after", () => `\nExit codes:\n${exitCodeLines()}`);
  for (const make of commands) program.addCommand(make(context));
  speakLikeUs(program, context.terminal);
  return program;
}

const exitCodeLines = (): string =>
  Object.entries(EXIT_MEANING)
    .map(([name, meaning]) => `  ${EXIT[name as keyof typeof EXIT]}  ${meaning}`)
    .join("\n");

/** Settings do not reach commands that were made apart, so each gets them. */
function speakLikeUs(command: Command, terminal: Terminal): void {
  command.exitOverride();
  if (command.commands.length > 0) command.helpCommand("help [command]", "print the help of a command");
  command.configureOutput({
    writeOut: terminal.out,
    writeErr: terminal.err,
    getOutHelpWidth: () => terminal.columns ?? 100,
    getErrHelpWidth: () => terminal.columns ?? 100,
    outputError: () => undefined, // `report` prints it
  });
  command.helpOption("-h, --help", "print this help");
  for (const child of command.commands) speakLikeUs(child, terminal);
}

function report(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) return reportUsage(error, terminal);
  if (error instanceof CommandError) {
    printError(terminal, error.message, error.help);
    return error.code;
  }
  terminal.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.unreachable;
}

/** Commander's message, in our words: `error: unknown option '--fil'\n(Did you mean --file?)`. */
function reportUsage(error: CommanderError, terminal: Terminal): ExitCode {
  if (error.exitCode === 0) return EXIT.fine;
  if (error.code === "commander.help") return EXIT.usage; // a group without a command: its help was printed
  const [message = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  const guess = more.join(" ").match(/^\(Did you mean (one of )?(.*)\?\)$/);
  const hint =
    error.code === "commander.excessArguments"
      ? "a file or folder is named with `-f`, where it is wanted; `--help` shows more"
      : "`--help` shows what there is";
  const help = guess === null ? hint : `did you mean ${guess[1] ?? ""}\`${guess[2]}\`?`;
  printError(terminal, message.replace(/'([^']*)'/g, "`$1`").replace(/\.$/, ""), help);
  return EXIT.usage;
}

function printError(terminal: Terminal, message: string, help?: string): void {
  const styles = terminal.errStyles;
  for (const line of message.split("\n")) terminal.err(`${styles.bad("error:")} ${printable(line)}\n`);
  if (help !== undefined) terminal.err(`  ${styles.faint("help:")} ${printable(help)}\n`);
}
