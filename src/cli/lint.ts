import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { isAssertionFile } from "../policy/assert/index.ts";
import { type Checked, check } from "../policy/check/index.ts";
import { type Diagnostic, isLintCode, LINT_CODES, type LintCode, renderCount } from "../policy/diagnostics/index.ts";
import type { LintOptions } from "../policy/lint/index.ts";
import { resourceId } from "../policy/model/index.ts";
import { nearestWord } from "../policy/text/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { counted, hasErrors } from "./diagnostics.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { FINDING_FORMS, type FindingForm, renderFindings } from "./findings.ts";
import { addPaths, type InputText, readTexts, reasonOf, STDIN_NAME } from "./input.ts";
import { addContextOptions, type ContextOptions, contextOf } from "./label-context.ts";
import { printable, type Terminal } from "./terminal.ts";

interface LintCommandOptions extends ContextOptions {
  readonly file?: readonly string[];
  readonly output: FindingForm;
  readonly fix?: true;
  readonly deny?: "warnings";
  readonly enable?: readonly LintCode[];
  readonly disable?: readonly LintCode[];
}

export function lintCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "lint",
    "Looks for what is allowed and may not be meant: rules without effect, policies that select nothing, rules that admit much. " +
      "Ends with 0 unless the files have errors, which are then all that is said, or `--deny` says otherwise. " +
      "`# sallyport: allow CODE reason` on a line, or above it, allows what is found there.",
    [
      { line: "sallyport lint -f policies/", does: "everything below a folder" },
      { line: "sallyport lint -f policies/ --deny warnings -o sarif", does: "as a gate, for code scanning" },
      {
        line: "sallyport lint -f policies/ --fix",
        does: "take out rules that have no effect beside others of their policy",
      },
      { line: "sallyport lint --enable L412-no-owner", does: "what is off unless asked for" },
    ],
  );
  return addContextOptions(addPaths(made))
    .addOption(outputOption(FINDING_FORMS))
    .option("--fix", "take out of the files the rules without which no verdict changes; prints what is left to mend")
    .addOption(new Option("--deny <what>", "end with 1 if there are any").choices(["warnings"]))
    .option("--enable <code>", "look for this too, though it is off by default; may be repeated", lintCodes)
    .option("--disable <code>", "do not look for this; may be repeated", lintCodes)
    .action(async (_paths: readonly string[], options: LintCommandOptions) => {
      const read = await readTexts(options.file, terminal);
      const { texts, checked, diagnostics } = await lintTexts(read, options, terminal);
      const ids = checked.resources.map(({ resource }) => resourceId(resource.type, resource.meta));
      const fails = ({ severity }: Diagnostic): boolean => severity === "error" || options.deny === "warnings";
      const findings = { diagnostics, texts, resources: ids, count, fails };
      terminal.out(renderFindings("lint", options.output, findings, terminal));
      finish(diagnostics.some(fails) ? EXIT.no : EXIT.fine);
    });
}

const count = (diagnostics: readonly Diagnostic[]): string => renderCount(diagnostics) || "nothing found";

interface Linted {
  /** As they are now, where they were mended. */
  readonly texts: readonly InputText[];
  readonly checked: Checked;
  readonly diagnostics: readonly Diagnostic[];
}

/** What is left of a faulty set may mean something else, so nothing is said of it but its errors. */
async function lintTexts(
  texts: readonly InputText[],
  options: LintCommandOptions,
  terminal: Terminal,
): Promise<Linted> {
  const checked = check(texts, contextOf(options));
  if (hasErrors(checked.diagnostics))
    return { texts, checked, diagnostics: checked.diagnostics.filter(({ severity }) => severity === "error") };
  const { lint, fix } = await import("../policy/lint/index.ts"); // the list of public suffixes is large
  const { enable = [], disable = [] } = options;
  const resources = texts.filter(({ file }) => !isAssertionFile(file));
  const settings: LintOptions = { enable, disable, now: Date.now(), texts: resources };
  if (options.fix === undefined) return { texts, checked, diagnostics: lint(checked, settings) };
  const fixed = new Map(fix(checked, resources, settings).map((text) => [text.file, text]));
  if (fixed.has(STDIN_NAME))
    throw new CommandError(EXIT.usage, "`--fix` changes files, and standard input is none", "name files with `-f`");
  for (const { file, text, removed } of fixed.values()) {
    write(file, text, terminal);
    terminal.err(`${printable(file)}: took out ${counted(removed, "rule")} without effect\n`);
  }
  const after = texts.map((text) => fixed.get(text.file) ?? text);
  return lintTexts(after, withoutFix(options), terminal);
}

const withoutFix = ({ fix: _, ...rest }: LintCommandOptions): LintCommandOptions => rest;

function write(file: string, text: string, terminal: Terminal): void {
  try {
    writeFileSync(resolve(terminal.cwd, file), text);
  } catch (error) {
    throw new CommandError(EXIT.unreachable, `cannot write \`${printable(file)}\`: ${reasonOf(error)}`);
  }
}

/** Gathers codes of lints. */
function lintCodes(text: string, before: readonly LintCode[] = []): readonly LintCode[] {
  const codes = Object.keys(LINT_CODES);
  const code = codes.find((one) => one.startsWith(`${text}-`)) ?? text;
  if (isLintCode(code)) return [...before, code];
  const near = nearestWord(text, codes);
  throw new InvalidArgumentError(near === undefined ? `There are: ${codes.join(", ")}.` : `Did you mean \`${near}\`?`);
}
