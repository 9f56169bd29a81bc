import { type Diagnostic, formatPath } from "./diagnostic.ts";

/** What stands round the diagnostics. */
export interface JunitOptions {
  /** Of the whole: `sallyport check`. */
  readonly name: string;
  /** Every file that was looked at: one without a diagnostic is a test that passed. */
  readonly files: readonly string[];
  /** Does this one fail? One that does not is a passed test that says so. */
  readonly fails: (diagnostic: Diagnostic) => boolean;
}

/** Diagnostics as a JUnit report: a suite for each file, a test for each diagnostic. Ends with a line end. */
export function renderJunit(diagnostics: readonly Diagnostic[], { name, files, fails }: JunitOptions): string {
  const byFile = new Map<string, Diagnostic[]>(files.map((file) => [file, []]));
  for (const d of diagnostics) {
    const file = d.span?.file ?? "";
    const list = byFile.get(file);
    if (list === undefined) byFile.set(file, [d]);
    else list.push(d);
  }
  const failures = diagnostics.filter(fails).length;
  const tests = [...byFile.values()].reduce((sum, list) => sum + Math.max(1, list.length), 0);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(name)}" tests="${tests}" failures="${failures}" errors="0">`,
  ];
  for (const [file, list] of byFile) lines.push(...suite(file, list, fails));
  return [...lines, "</testsuites>", ""].join("\n");
}

function suite(file: string, diagnostics: readonly Diagnostic[], fails: JunitOptions["fails"]): string[] {
  const failures = diagnostics.filter(fails).length;
  const name = xml(file === "" ? "input" : file);
  const counts = `tests="${Math.max(1, diagnostics.length)}" failures="${failures}" errors="0"`;
  const cases =
    diagnostics.length === 0
      ? [`    <testcase classname="${name}" name="no faults"/>`]
      : diagnostics.flatMap((d) => testCase(d, name, fails(d)));
  return [`  <testsuite name="${name}" ${counts}>`, ...cases, "  </testsuite>"];
}

function testCase(d: Diagnostic, classname: string, isFailure: boolean): string[] {
  const at = d.span === undefined ? formatPath(d.path) : `${d.span.start.line}:${d.span.start.column}`;
  const where = [d.span?.file, at].filter((part) => part !== undefined && part !== "").join(":");
  const text = xml(
    [`${where === "" ? "" : `${where}: `}${d.severity}[${d.code}]: ${d.message}`, d.help]
      .filter((line) => line !== undefined)
      .join("\nhelp: "),
  );
  return [
    `    <testcase classname="${classname}" name="${xml(`${d.code} ${at}`.trimEnd())}">`,
    isFailure
      ? `      <failure type="${xml(d.code)}" message="${xml(d.message)}">${text}</failure>`
      : `      <system-out>${text}</system-out>`,
    "    </testcase>",
  ];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML 1.0 has no way to write most control characters. */
const xml = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c);
