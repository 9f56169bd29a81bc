import { printable } from "./terminal.ts";

/** Text of one cell; `style` is applied after the text was made printable and padded. */
export type Cell = string | { readonly text: string; readonly style: (text: string) => string };

export interface TableOptions {
  readonly titles?: readonly string[];
  /** How titles look. */
  readonly titleStyle?: (text: string) => string;
  /** Put before every line. */
  readonly indent?: string;
  /** Columns available. The last cell of a row is wrapped to fit; absent: nothing is. */
  readonly width?: number | undefined;
}

const GAP = "  ";
/** The last column is never squeezed below this: better a long line than a word a line. */
const MIN_LAST = 20;

/** Left-aligned columns, two spaces apart; ends with a line end, and is empty for no rows. No trailing spaces. */
export function renderTable(rows: readonly (readonly Cell[])[], options: TableOptions = {}): string {
  if (rows.length === 0) return "";
  const { titles, titleStyle = (text) => text, indent = "", width } = options;
  const all: Cell[][] = rows.map((row) => [...row]);
  if (titles !== undefined) all.unshift(titles.map((text) => ({ text, style: titleStyle })));
  const count = Math.max(...all.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, i) => Math.max(...all.map((row) => textOf(row[i] ?? "").length)));
  const before = indent.length + widths.slice(0, -1).reduce((sum, w) => sum + w + GAP.length, 0);
  const last = width === undefined ? Number.POSITIVE_INFINITY : Math.max(MIN_LAST, width - before);
  return all.map((row) => renderRow(row, widths, indent, last)).join("");
}

function renderRow(row: readonly Cell[], widths: readonly number[], indent: string, last: number): string {
  let line = indent;
  let column = indent.length;
  const more: string[] = [];
  for (const [i, cell] of row.entries()) {
    const text = textOf(cell);
    const style = typeof cell === "string" || text === "" ? (t: string) => t : cell.style;
    if (i === row.length - 1) {
      const [first = "", ...rest] = wrap(text, last);
      line += first === "" ? "" : style(first);
      more.push(...rest.map((t) => `${" ".repeat(column)}${style(t)}\n`));
    } else {
      const padding = (widths[i] ?? 0) - text.length + GAP.length;
      line += style(text) + " ".repeat(padding);
      column += text.length + padding;
    }
  }
  return [`${line.trimEnd()}\n`, ...more].join("");
}

const textOf = (cell: Cell): string => printable(typeof cell === "string" ? cell : cell.text);

/** Lines of at most `width`, broken at spaces; a longer word stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
