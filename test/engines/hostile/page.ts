/** The table of docs/reference/hostile-input.md. */
import { readFileSync } from "node:fs";

/** What an input gets: from the client's side, and what of it reaches the destination. */
export interface Answered {
  readonly answer: string;
  readonly reaches: string;
}

const PAGE = new URL("../../../docs/reference/hostile-input.md", import.meta.url);

/** Rows of the tables with this first head. */
function rowsOf(head: string): string[][] {
  const tables = readFileSync(PAGE, "utf8").split(/\n(?!\|)/);
  return tables
    .map((table) => table.split("\n").filter((line) => line.startsWith("|")))
    .filter(([first = ""]) => first.startsWith(`| ${head} |`))
    .flatMap((lines) => lines.slice(2))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** By input. */
export const documented = (): ReadonlyMap<string, Answered> =>
  new Map(rowsOf("input").map(([input = "", answer = "", reaches = ""]) => [input, { answer, reaches }]));

/** What Envoy may use more than before. */
export interface Bounds {
  readonly bytes: number;
  readonly descriptors: number;
}

/** By flood. */
export const documentedFloods = (): ReadonlyMap<string, Bounds> =>
  new Map(
    rowsOf("flood").map(([flood = "", mib, descriptors]) => [
      flood,
      { bytes: Number(mib) * (1 << 20), descriptors: Number(descriptors?.replace(",", "")) },
    ]),
  );
