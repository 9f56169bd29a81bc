import { askAdmin } from "../envoy/index.ts";

/** What Envoy counts and does not log. */
export interface UnloggedLine {
  readonly kind: "refused at limit" | "records lost";
  readonly time: string;
  /** Since the last line of this kind. */
  readonly count: number;
}

const EVERY_MS = 5_000;
const COUNTERS = [
  { pattern: /downstream_(?:global_)?cx_overflow|downstream_cx_overload_reject/, kind: "refused at limit" },
  { pattern: /grpc_access_log\.logs_dropped/, kind: "records lost" },
] as const;

/** Look at Envoy's counters every few seconds, and tell what grew. Returns how to stop. */
export function watchRefusals(adminPath: string, tell: (line: UnloggedLine) => void): () => void {
  const seen = new Map<string, number>();
  const look = async (): Promise<void> => {
    const filter = encodeURIComponent("cx_overflow|overload_reject|logs_dropped");
    const text = await askAdmin(adminPath, `/stats?usedonly&filter=${filter}`).catch(() => undefined);
    if (text === undefined) return; // Envoy is not there; its counters start anew with it
    for (const { pattern, kind } of COUNTERS) {
      const total = sumOf(text, pattern);
      const before = seen.get(kind) ?? 0;
      seen.set(kind, total);
      const count = total < before ? total : total - before;
      if (count > 0) tell({ kind, time: new Date().toISOString(), count });
    }
  };
  const timer = setInterval(() => void look(), EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function sumOf(text: string, pattern: RegExp): number {
  const values = text.split("\n").map((line) => /^(\S+): (\d+)$/.exec(line));
  return values.reduce((sum, value) => (pattern.test(value?.[1] ?? "") ? sum + Number(value?.[2]) : sum), 0);
}
