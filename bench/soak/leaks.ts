/** What the processes hold, now and then, and whether it grows. */
import { readdirSync } from "node:fs";
import { memoryOf } from "../envoy-scale/process-figures.ts";

/** Bytes, or a number of descriptors. */
export type Sample = Readonly<Record<string, number>>;

export interface Growth {
  readonly what: string;
  /** The highest in the second quarter of the run, and in the last. */
  readonly early: number;
  readonly late: number;
  readonly isLeak: boolean;
}

/** A longer run must be flatter: in a short one code is still compiled and pools still fill. */
const LONG_MS = 600_000;
const GROWTH = { long: 1.1, short: 1.5 } as const;
const DESCRIPTORS = 20;

export function sampleOf(pids: Readonly<Record<string, number>>, allocated: number): Sample {
  const entries = Object.entries(pids).flatMap(([name, pid]) => [
    [`${name}: memory`, memoryOf(pid).rss] as const,
    [`${name}: descriptors`, readdirSync(`/proc/${pid}/fd`).length] as const,
  ]);
  return { ...Object.fromEntries(entries), "envoy: allocated": allocated };
}

/** Samples at even intervals over the whole run. */
export function growthOf(samples: readonly Sample[], lastedMs: number): Growth[] {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const factor = lastedMs >= LONG_MS ? GROWTH.long : GROWTH.short;
  return Object.keys(samples[0] ?? {}).map((what) => {
    const highest = (part: readonly Sample[]): number => Math.max(...part.map((one) => one[what] ?? 0));
    const [early, late] = [highest(samples.slice(quarter, 2 * quarter)), highest(samples.slice(-quarter))];
    const isLeak = what.endsWith("descriptors") ? late > early + DESCRIPTORS : late > early * factor;
    return { what, early, late, isLeak };
  });
}
