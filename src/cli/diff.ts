import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { type Checked, check } from "../policy/check/index.ts";
import {
  type DiffGroup,
  type DiffReport,
  diffProxies,
  groupLabels,
  groupNotes,
  groupTitle,
  renderDiffCount,
  renderDiffMarkdown,
  viewDiff,
} from "../policy/diff/index.ts";
import { formatConnection } from "../policy/model/index.ts";
import { type ConnectionClass, renderClass } from "../policy/space/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { faultCount, hasErrors, notSaid, renderDiagnostics } from "./diagnostics.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { isRevisionPath, readRevision } from "./git-input.ts";
import { type InputText, readTexts } from "./input.ts";
import { addContextOptions, type ContextOptions, contextOf } from "./label-context.ts";
import { repeated } from "./numbers.ts";
import { printable, type Terminal } from "./terminal.ts";

interface DiffOptions extends ContextOptions {
  readonly file?: readonly string[];
  readonly output: "text" | "json" | "markdown";
}

export function diffCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "diff",
    "Says what a change of policies does: for each group of proxies, which connections are newly allowed or denied, none missed, none invented. Ends with 1 if there is a difference.",
    [
      { line: "sallyport diff old/ new/", does: "two folders" },
      { line: "sallyport diff HEAD~1:policies policies", does: "a folder as it was in git, and as it is" },
      {
        line: "sallyport diff main:policies policies -f dataplanes/ -o markdown",
        does: "Dataplanes from elsewhere, an answer for a pull request",
      },
    ],
  );
  return addContextOptions(made)
    .argument("<old>", "file, folder, `-` for standard input, or `revision:path` as git names it")
    .argument("<new>", "the same, after the change")
    .option(
      "-f, --file <path>",
      "file or folder that belongs to both, such as the Dataplanes; may be repeated",
      repeated,
    )
    .addOption(outputOption(["text", "json", "markdown"]))
    .action(async (old: string, now: string, options: DiffOptions) => {
      if (old === "-" && now === "-")
        throw new CommandError(EXIT.usage, "standard input can be one side only", "name a file for the other");
      const shared = options.file === undefined ? [] : await readTexts(options.file, terminal);
      const before = await readSide(old, { shared, options, terminal });
      const after = await readSide(now, { shared, options, terminal });
      printFindings([before, after], terminal);
      if (before.proxies.length + after.proxies.length === 0)
        throw new CommandError(
          EXIT.usage,
          "there is no Dataplane on either side",
          "name the file that has them for both with `-f`",
        );
      const report = diffProxies(before.proxies, after.proxies);
      terminal.out(render(report, options.output, terminal));
      finish(report.groups.length > 0 ? EXIT.no : EXIT.fine);
    });
}

interface Side {
  readonly shared: readonly InputText[];
  readonly options: DiffOptions;
  readonly terminal: Terminal;
}

interface ReadSide extends Checked {
  readonly name: string;
  readonly texts: readonly InputText[];
}

async function readSide(name: string, { shared, options, terminal }: Side): Promise<ReadSide> {
  const isFile = name === "-" || existsSync(resolve(terminal.cwd, name));
  if (!(isFile || isRevisionPath(name)))
    throw new CommandError(
      EXIT.unreachable,
      `cannot read \`${printable(name)}\`: no such file or folder`,
      "a git revision comes with a path: `HEAD:.` is the current folder, `HEAD:` the whole repository",
    );
  const own = isFile ? await readTexts([name], terminal) : await readRevision(name, terminal.cwd);
  // What belongs to both may lie in the folder of one.
  const known = new Set(isFile ? own.map(({ file }) => resolve(terminal.cwd, file)) : []);
  const texts = [...own, ...shared.filter(({ file }) => !known.has(resolve(terminal.cwd, file)))];
  return { ...check(texts, { ...contextOf(options), exists: true }), name, texts };
}

/**
 * Prints what is to be said of both sides, once where it is the same text. An answer without a refused resource would be
 * the answer to another question, so errors end the command.
 */
function printFindings(sides: readonly ReadSide[], terminal: Terminal): void {
  const said = new Set<string>();
  for (const { diagnostics, texts } of sides)
    terminal.err(renderDiagnostics(notSaid(said, diagnostics, texts), texts, terminal.errStyles));
  const faulty = sides.filter(({ diagnostics }) => hasErrors(diagnostics));
  if (faulty.length === 0) return;
  const counts = faulty.map(({ name, diagnostics }) => `${faultCount(diagnostics)} in \`${name}\``).join(", ");
  throw new CommandError(EXIT.no, `${counts}: there is no answer before the errors are mended`);
}

function render(report: DiffReport, output: DiffOptions["output"], terminal: Terminal): string {
  if (output === "json") return `${JSON.stringify(viewDiff(report), undefined, 2)}\n`;
  if (output === "markdown") return renderDiffMarkdown(report);
  const { good, warn } = terminal.outStyles;
  const count = printable(renderDiffCount(report));
  const groups = report.groups.map((group) => `${groupText(group, terminal)}\n`).join("");
  return `${groups}${report.groups.length > 0 ? warn(count) : good(count)}\n`;
}

const MAX_NAMES = 20;

function groupText(group: DiffGroup, terminal: Terminal): string {
  const { bad, good, strong, warn } = terminal.outStyles;
  const labels = groupLabels(group);
  const lines = [strong(printable(groupTitle(group, MAX_NAMES)))];
  for (const note of groupNotes(group)) lines.push(`  ${warn(printable(note))}`);
  if (group.allowed.length > 0) lines.push(`  ${good(labels.allowed)}`);
  lines.push(...group.allowed.flatMap((one) => classText(one, terminal)));
  if (group.denied.length > 0) lines.push(`  ${bad(labels.denied)}`);
  lines.push(...group.denied.flatMap((one) => classText(one, terminal)));
  return lines.map((line) => `${line}\n`).join("");
}

function classText(one: ConnectionClass, terminal: Terminal): string[] {
  const witness = printable(formatConnection(one.witness));
  return [`    ${printable(renderClass(one))}`, terminal.outStyles.faint(`      such as ${witness}`)];
}
