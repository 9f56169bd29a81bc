/**
 * Are all records here that Envoy wrote? Envoy counts each record that it takes (`filesystem.write_buffered`); what it
 * could not write, as on a full disk, never arrives. Compared every few seconds; what is found missing is lost.
 */

/** Envoy's counters of its files; the access log is the only one. */
export interface LogStats {
  /** Records taken since Envoy began. */
  readonly taken: number;
  /** Bytes of those that it has not yet tried to write, or is just writing. */
  readonly waiting: number;
}

/** What has been read by then. */
export interface LogProgress {
  /** Records of this Envoy. */
  readonly read: number;
  /** Nothing that Envoy has written waits to be read. */
  readonly isAtEnd: boolean;
}

export interface LogAudit {
  /** Records of this Envoy that are known to be lost: exact once it is quiet, never too many. */
  look(stats: LogStats, progress: LogProgress): number;
  /** The Envoy has ended, and all it wrote is read. What it had in hand at the end is not known. */
  ended(read: number): number;
}

/** Bytes: a type, a time, and three addresses with ports. */
const SHORTEST_LINE = 60;

/** `isKnown`: its records were counted from its beginning; else they are from the first quiet look. */
export function logAudit(isKnown: boolean, lostBefore = 0): LogAudit {
  let before: LogStats | undefined;
  let uncounted = isKnown ? 0 : undefined;
  let lost = lostBefore;
  return {
    look(stats, { read, isAtEnd }) {
      const isQuiet = isAtEnd && stats.waiting === 0 && before?.taken === stats.taken;
      if (isQuiet) uncounted ??= stats.taken - read;
      // what waits is the newest: is it less than what came since the last look, all that had come before is out
      const isOut = before !== undefined && stats.waiting <= (stats.taken - before.taken) * SHORTEST_LINE;
      if (before !== undefined && isAtEnd && isOut && uncounted !== undefined)
        lost = Math.max(lost, before.taken - uncounted - read);
      before = stats;
      return lost;
    },
    ended(read) {
      if (before !== undefined && uncounted !== undefined) lost = Math.max(lost, before.taken - uncounted - read);
      return lost;
    },
  };
}

/** Read what `/stats` says; undefined where it says nothing of files. */
export function logStatsOf(text: string): LogStats | undefined {
  const value = (name: string): number | undefined => {
    const found = new RegExp(`^filesystem\\.${name}: (\\d+)$`, "m").exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const taken = value("write_buffered");
  if (taken === undefined) return undefined;
  return { taken, waiting: value("write_total_buffered") ?? 0 };
}
