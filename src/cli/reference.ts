import type { Argument, Command, Option } from "commander";
import { examplesOf } from "./command.ts";
import { EXIT, EXIT_MEANING } from "./exit-codes.ts";
import { buildProgram } from "./program.ts";
import { stylesFor, type Terminal } from "./terminal.ts";

/** docs/reference/cli.md, made from the definitions that parse the command line, so the two cannot differ. */
export function renderCliReference(): string {
  const program = buildProgram({ terminal: SILENT, finish: () => undefined });
  const codes = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXIT_MEANING[name as keyof typeof EXIT]} |`);
  return [
    "# Commands",
    "Made from the code by `npm run docs`; do not edit.",
    `${program.description()} Progress and warnings go to standard error, answers to standard output. Colour is used on a ` +
      "terminal only, and never where `NO_COLOR` is set.",
    `| exit code | meaning |\n|--:|---|\n${codes.join("\n")}`,
    ...program.commands.flatMap((command) => sections(command, program.name())),
  ]
    .join("\n\n")
    .concat("\n");
}

function sections(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((child) => sections(child, name));
  const examples = examplesOf(command).map(({ line, does }) => `# ${does}\n${line}`);
  return [
    `## ${name}`,
    command.description(),
    `\`${name} ${command.usage()}\``,
    table("argument", command.registeredArguments.map(argumentRow)),
    table("option", command.options.map(optionRow)),
    examples.length === 0 ? "" : `\`\`\`bash\n${examples.join("\n\n")}\n\`\`\``,
  ].filter((part) => part !== "");
}

const table = (title: string, rows: readonly string[]): string =>
  rows.length === 0 ? "" : `| ${title} | meaning |\n|---|---|\n${rows.join("\n")}`;

const argumentRow = (argument: Argument): string =>
  `| \`${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}\` | ${cell(argument.description)} |`;

function optionRow(option: Option): string {
  const choices = option.argChoices === undefined ? "" : ` One of ${option.argChoices.map(code).join(", ")}.`;
  const standard = typeof option.defaultValue === "string" ? ` Default: ${code(option.defaultValue)}.` : "";
  const must = option.mandatory ? " Required." : "";
  return `| \`${option.flags}\` | ${cell(option.description)}.${choices}${standard}${must} |`;
}

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll("|", "\\|");

/** Prints nothing and has nothing to read. */
const SILENT: Terminal = {
  out: () => undefined,
  err: () => undefined,
  outStyles: stylesFor(false),
  errStyles: stylesFor(false),
  columns: undefined,
  cwd: "/",
  readStdin: async () => new Uint8Array(),
  stopSignal: () => new AbortController().signal,
};
