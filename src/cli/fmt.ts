import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { formatText } from "../policy/text/index.ts";
import { type CommandContext, command } from "./command.ts";
import { renderDiagnostics } from "./diagnostics.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { addPaths, type InputText, readTexts, reasonOf, STDIN_NAME } from "./input.ts";
import { printable, type Terminal } from "./terminal.ts";

interface FmtOptions {
  readonly file?: readonly string[];
  readonly check?: true;
}

export function fmtCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "fmt",
    "Writes files in one layout: order, comments and values stay. Names the files that it changes; a file with faults is left alone, and the command ends with 1.",
    [
      { line: "sallyport fmt", does: "everything below the current folder" },
      {
        line: "sallyport fmt --check -f policies/",
        does: "in CI: changes nothing, ends with 1 if a file has another layout",
      },
      { line: "sallyport fmt -f - < policy.yaml", does: "standard input to standard output" },
    ],
  );
  return addPaths(made)
    .option("--check", "change nothing; name the files that are not in the layout, and end with 1 if there are any")
    .action(async (_paths: readonly string[], { file, check }: FmtOptions) => {
      const texts = await readTexts(file, terminal, { withAssertions: true });
      const isFine = texts.map((text) => formatOne(text, check === true, terminal));
      finish(isFine.every((fine) => fine) ? EXIT.fine : EXIT.no);
    });
}

/** False where the command has to end with 1. */
function formatOne(input: InputText, isCheck: boolean, terminal: Terminal): boolean {
  const formatted = formatText(input.file, input.text);
  if (!formatted.ok) {
    terminal.err(renderDiagnostics(formatted.diagnostics, [input], terminal.errStyles));
    return false;
  }
  const isChanged = formatted.text !== input.text;
  if (input.file === STDIN_NAME && !isCheck) terminal.out(formatted.text);
  else if (isChanged) {
    if (!isCheck) replace(resolve(terminal.cwd, input.file), formatted.text, input.file);
    terminal.out(`${printable(input.file)}\n`);
  }
  return !(isCheck && isChanged);
}

/** All at once: a reader sees the old text or the new one. A link stays a link. */
function replace(path: string, text: string, shown: string): void {
  try {
    const real = realpathSync(path);
    const temporary = `${real}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, text, { mode: statSync(real).mode });
      renameSync(temporary, real);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw new CommandError(EXIT.unreachable, `cannot write \`${shown}\`: ${reasonOf(error)}`);
  }
}
