import { askAdmin } from "../envoy/index.ts";
import { type LogStats, logStatsOf } from "../report/index.ts";

/** What Envoy counts and does not log. */
export interface UnloggedLine {
  readonly kind: "refused at limit";
  readonly time: string;
  /** Since the last line of this kind. */
  readonly count: number;
}

const EVERY_MS = 5_000;
const AT_LIMIT = /downstream_(?:global_)?cx_overflow|downstream_cx_overload_reject/;

/** Look at Envoy's counters every few seconds, and tell what grew, and how its log is. Returns how to stop. */
export function watchRefusals(
  adminPath: string,
  tell: (line: UnloggedLine) => void,
  log: (stats: LogStats) => void,
): () => void {
  let seen = 0;
  const look = async (): Promise<void> => {
    const filter = encodeURIComponent("cx_overflow|overload_reject|filesystem");
    const text = await askAdmin(adminPath, `/stats?filter=${filter}`).catch(() => undefined);
    if (text === undefined) return; // Envoy is not there; its counters start anew with it
    const total = sumOf(text, AT_LIMIT);
    const count = total < seen ? total : total - seen;
    seen = total;
    if (count > 0) tell({ kind: "refused at limit", time: new Date().toISOString(), count });
    const stats = logStatsOf(text);
    if (stats !== undefined) log(stats);
  };
  const timer = setInterval(() => void look(), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function sumOf(text: string, pattern: RegExp): number {
  const values = text.split("\n").map((line) => /^(\S+): (\d+)$/.exec(line));
  return values.reduce((sum, value) => (pattern.test(value?.[1] ?? "") ? sum + Number(value?.[2]) : sum), 0);
}
