import type { Command } from "commander";
import {
  coverage,
  type Reported,
  type RuleCoverage,
  renderTap,
  renderTestJunit,
  renderTestSarif,
} from "../policy/assert/index.ts";
import { type Checked, check, type FileOutcome, reportOutcome, runAssertions } from "../policy/check/index.ts";
import { formatPolicyRef, policyRef } from "../policy/model/index.ts";
import { renderRule } from "../policy/why/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { counted, faultCount, hasErrors, renderDiagnostics } from "./diagnostics.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { addPaths, readTexts } from "./input.ts";
import { addContextOptions, type ContextOptions, contextOf } from "./label-context.ts";
import { printable, type Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

interface TestOptions extends ContextOptions {
  readonly file?: readonly string[];
  readonly output: "text" | "json" | "junit" | "tap" | "sarif";
  readonly coverage?: boolean;
}

export function testCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "test",
    "Runs assertions (`*.test.yaml`): connections with the verdict wanted for each, and statements about classes of connections, proved or refuted by a counter-example. Ends with 1 if one fails.",
    [
      { line: "sallyport test", does: "everything below the current folder" },
      { line: "sallyport test -f policies/ -f tests/ --coverage", does: "also says which rules no assertion needs" },
      { line: "sallyport test -o junit > report.xml", does: "for CI" },
    ],
  );
  return addContextOptions(addPaths(made))
    .addOption(outputOption(["text", "json", "junit", "tap", "sarif"]))
    .option("--coverage", "also say which rules could go without an assertion failing (in `text` and `json`)")
    .action(async (_paths: readonly string[], options: TestOptions) => {
      const texts = await readTexts(options.file, terminal, { withAssertions: true });
      const checked = check(texts, contextOf(options));
      terminal.err(renderDiagnostics(checked.diagnostics, texts, terminal.errStyles));
      if (hasErrors(checked.diagnostics))
        throw new CommandError(
          EXIT.no,
          `${faultCount(checked.diagnostics)}: nothing was tested before the errors are mended`,
        );
      const outcomes = runAssertions(checked);
      if (outcomes.length === 0)
        throw new CommandError(
          EXIT.usage,
          "there is no assertion in the files",
          "name the `*.test.yaml` files with `-f` too",
        );
      const all = outcomes.map(reportOutcome);
      const covered = options.coverage === true ? coveredRules(checked, outcomes) : undefined;
      terminal.out(render(all, covered, { ...options, terminal }));
      finish(all.every(({ passed }) => passed) ? EXIT.fine : EXIT.no);
    });
}

interface CoveredRule extends RuleCoverage {
  readonly at: string | undefined;
}

/** The rules of the files; those that a test has in itself are not among them. */
function coveredRules({ resources }: Checked, outcomes: readonly FileOutcome[]): readonly CoveredRule[] {
  const places = new Map<string, string>();
  const rules = resources.flatMap(({ resource, spanOf }) => {
    if (resource.type !== "MeshPassthrough") return [];
    return resource.rules.map((value, index) => {
      const source = policyRef(resource, index);
      const path = ["spec", "default", "appendMatch", index];
      const span = spanOf(path);
      if (span !== undefined)
        places.set(`${source.mesh}/${formatPolicyRef(source)}`, `${span.file}:${span.start.line}`);
      return { value, source };
    });
  });
  const known = new Set(rules.map(({ value }) => value));
  const aboutFiles = outcomes
    .map(({ outcome }) => outcome)
    .filter((outcome) => {
      const proxies = outcome.kind === "case" ? [outcome.proxy] : outcome.proxies;
      return proxies.some(({ effective }) => effective.rules.some(({ value }) => known.has(value)));
    });
  return coverage(rules, aboutFiles).map((one) => ({
    ...one,
    at: places.get(`${one.source.mesh}/${formatPolicyRef(one.source)}`),
  }));
}

interface Form {
  readonly output: TestOptions["output"];
  readonly terminal: Terminal;
}

function render(
  all: readonly Reported[],
  covered: readonly CoveredRule[] | undefined,
  { output, terminal }: Form,
): string {
  switch (output) {
    case "junit":
      return renderTestJunit(all);
    case "tap":
      return renderTap(all);
    case "sarif":
      return `${JSON.stringify(renderTestSarif(all, VERSION), undefined, 2)}\n`;
    case "json":
      return asJson(all, covered);
    case "text":
      return asText(all, covered, terminal);
  }
}

function asJson(all: readonly Reported[], covered: readonly CoveredRule[] | undefined): string {
  const failed = all.filter(({ passed }) => !passed).length;
  const assertions = all.map(({ span: _, ...one }) => one);
  const summary = { passed: all.length - failed, failed };
  const rules = covered?.map(({ source, rule, needed, at }) => ({
    rule: formatPolicyRef(source),
    mesh: source.mesh,
    written: rule.written,
    needed,
    ...(at === undefined ? {} : { at }),
  }));
  return `${JSON.stringify({ assertions, summary, ...(rules === undefined ? {} : { coverage: rules }) }, undefined, 2)}\n`;
}

function asText(all: readonly Reported[], covered: readonly CoveredRule[] | undefined, terminal: Terminal): string {
  const { bad, good, strong, place } = terminal.outStyles;
  const failed = all.filter(({ passed }) => !passed);
  const blocks = failed.map(({ file, line, title, lines }) =>
    [
      `${place(printable(`${file}:${line}:`))} ${bad("failed")}: ${strong(printable(title))}`,
      ...lines.map((text) => `  ${printable(text)}`),
      "",
    ].join("\n"),
  );
  const files = counted(new Set(all.map(({ file }) => file)).size, "file");
  const count = `${all.length - failed.length} passed, ${failed.length} failed in ${files}`;
  const coverageLines = covered === undefined ? [] : coverageText(covered, terminal);
  return [...blocks, ...coverageLines, (failed.length > 0 ? bad : good)(count), ""].join("\n");
}

function coverageText(covered: readonly CoveredRule[], { outStyles: { place, warn } }: Terminal): string[] {
  const idle = covered.filter(({ needed }) => !needed);
  const count = `${covered.length - idle.length} of ${counted(covered.length, "rule")} needed by an assertion`;
  if (idle.length === 0) return [count, ""];
  const lines = idle.map(
    ({ source, rule, at }) =>
      `  ${place(at === undefined ? "" : printable(`${at}: `))}${printable(`${formatPolicyRef(source)} (${renderRule(rule)})`)}`,
  );
  return [`${count}; ${warn("each of these could go and nothing would fail")}:`, ...lines, ""];
}
