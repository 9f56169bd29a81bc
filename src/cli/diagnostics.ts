import { type Diagnostic, renderCount, renderText } from "../policy/diagnostics/index.ts";
import type { InputText } from "./input.ts";
import { printable, type Styles } from "./terminal.ts";

/** Diagnostics with their source lines, coloured, each line with a line end. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  texts: readonly InputText[],
  styles: Styles,
): string {
  if (diagnostics.length === 0) return "";
  const text = renderText(diagnostics, new Map(texts.map(({ file, text }) => [file, text])));
  return text
    .split("\n")
    .map((line) => `${dress(safe(line), styles)}\n`)
    .join("");
}

/** What was not said before, of several readings of files: the same of the same text is said once. `said` remembers. */
export function notSaid(
  said: Set<string>,
  diagnostics: readonly Diagnostic[],
  texts: readonly InputText[],
): readonly Diagnostic[] {
  const textOf = new Map(texts.map(({ file, text }) => [file, text]));
  return diagnostics.filter(({ span, code, message }) => {
    const key = JSON.stringify([span, code, message, textOf.get(span?.file ?? "")]);
    return !said.has(key) && said.add(key);
  });
}

/** Source lines may hold anything; tabs stay, since the line of carets repeats them. */
const safe = (line: string): string => line.split("\t").map(printable).join("\t");

function dress(line: string, styles: Styles): string {
  const head = /^(\S.*?: )((?:error|warning)\[[^\]]*\])(: .*)$/.exec(line);
  if (head !== null) {
    const [, place = "", kind = "", rest = ""] = head;
    return styles.place(place) + (kind.startsWith("error") ? styles.bad : styles.warn)(kind) + rest;
  }
  if (/^\s+\^+$/.test(line)) return styles.bad(line);
  return line.replace(/^ {2}help:/, (help) => styles.faint(help));
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((d) => d.severity === "error");

/** `2 errors, 1 warning`, or `no faults`. */
export const faultCount = (diagnostics: readonly Diagnostic[]): string => renderCount(diagnostics) || "no faults";

/** `1 file`, `2 files`, `no files`. */
export const counted = (n: number, noun: string): string => `${n === 0 ? "no" : n} ${noun}${n === 1 ? "" : "s"}`;
