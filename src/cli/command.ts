import { Command, Option } from "commander";
import type { ExitCode } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/** What every command gets: where to print, and where its exit code goes. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly finish: (code: ExitCode) => void;
}

/** A command line worth trying, and what it does. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

const EXAMPLES = new WeakMap<Command, readonly Example[]>();

/** The examples of a command, for the reference page. */
export const examplesOf = (command: Command): readonly Example[] => EXAMPLES.get(command) ?? [];

/** A command with help that shows how to use it. `description` is one paragraph; its first sentence is the summary. */
export function command(name: string, description: string, examples: readonly Example[]): Command {
  const made = new Command(name).description(description).summary(description.replace(/(?:[.:] .*|\.)$/s, ""));
  EXAMPLES.set(made, examples);
  const width = Math.max(0, ...examples.map((e) => e.line.length));
  const lines = examples.map((e) => `  ${e.line.padEnd(width)}  ${e.does}`);
  return lines.length === 0 ? made : made.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** `-o`, with the forms that a command can print; the first is the default. */
export function outputOption(forms: readonly string[]): Option {
  return new Option("-o, --output <form>", "how to print the answer").choices(forms).default(forms[0]);
}
