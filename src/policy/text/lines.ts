import type { Position } from "../diagnostics/index.ts";

/** Turns offsets of a text into positions. Nothing is counted before the first one is asked for. */
export interface Lines {
  /** `offset` in UTF-16 units; beyond the text: its end. */
  positionOf(offset: number): Position;
  /** The reverse, for a position that is in the text. */
  offsetOf(position: Position): number;
}

/** The lines of a text end in a line feed; a carriage return before it counts as part of the line. */
export function createLines(text: string): Lines {
  let starts: number[] | undefined;
  return {
    positionOf(offset) {
      starts ??= lineStarts(text);
      const at = Math.min(Math.max(offset, 0), text.length);
      let low = 0;
      let high = starts.length;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if ((starts[middle] ?? 0) <= at) low = middle;
        else high = middle;
      }
      return { line: low + 1, column: at - (starts[low] ?? 0) + 1 };
    },
    offsetOf({ line, column }) {
      starts ??= lineStarts(text);
      return (starts[line - 1] ?? text.length) + column - 1;
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  return starts;
}
