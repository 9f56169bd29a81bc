import type { Span } from "../diagnostics/index.ts";

/** One assertion as reports have it. Plain text, may hold what files hold. */
export interface Reported {
  readonly file: string;
  readonly line: number;
  readonly span?: Span;
  /** What is claimed, without the place. */
  readonly title: string;
  readonly passed: boolean;
  /** Why it failed, a line each; the first is the summary. Empty for one that passed. */
  readonly lines: readonly string[];
}

const placeOf = ({ file, line }: Reported): string => `${file}:${line}`;

/** The Test Anything Protocol, version 14. Ends with a line end. */
export function renderTap(all: readonly Reported[]): string {
  const lines = ["TAP version 14", `1..${all.length}`];
  for (const [i, one] of all.entries()) {
    const title = `${placeOf(one)} ${one.title}`.replace(/[\\#]/g, "\\$&").replace(/[\r\n]+/g, " ");
    lines.push(`${one.passed ? "ok" : "not ok"} ${i + 1} - ${title}`);
    if (one.passed) continue;
    const [message = "", ...more] = one.lines;
    lines.push("  ---", `  message: ${JSON.stringify(message)}`, `  at: ${JSON.stringify(placeOf(one))}`);
    if (more.length > 0) lines.push("  reasons:", ...more.map((line) => `    - ${JSON.stringify(line.trim())}`));
    lines.push("  ...");
  }
  return `${lines.join("\n")}\n`;
}

/** JUnit: a suite for each file, a test for each assertion. Ends with a line end. */
export function renderTestJunit(all: readonly Reported[]): string {
  const byFile = new Map<string, Reported[]>();
  for (const one of all) byFile.set(one.file, [...(byFile.get(one.file) ?? []), one]);
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="sallyport test" ${counts(all)}>`];
  for (const [file, tests] of byFile) {
    lines.push(`  <testsuite name="${xmlText(file)}" ${counts(tests)}>`);
    for (const one of tests) {
      const open = `    <testcase classname="${xmlText(file)}" name="${xmlText(`${one.line}: ${one.title}`)}" file="${xmlText(file)}" line="${one.line}"`;
      if (one.passed) lines.push(`${open}/>`);
      else {
        const text = xmlText([placeOf(one), ...one.lines].join("\n"));
        lines.push(
          `${open}>`,
          `      <failure message="${xmlText(one.lines[0] ?? "failed")}">${text}</failure>`,
          "    </testcase>",
        );
      }
    }
    lines.push("  </testsuite>");
  }
  return [...lines, "</testsuites>", ""].join("\n");
}

const counts = (all: readonly Reported[]): string =>
  `tests="${all.length}" failures="${all.filter(({ passed }) => !passed).length}" errors="0"`;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** XML 1.0 has no way to write most control characters. */
const xmlText = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c);
