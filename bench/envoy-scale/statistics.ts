/** The middle one of an odd number, the upper of the two in the middle else. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Milliseconds that `work` takes: the shortest of so many times, since whatever else runs only makes it longer. */
export function shortest(times: number, work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const started = performance.now();
    work();
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

const MEGABYTE = 1e6;
export const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(2)} MB`;
export const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
export const count = (n: number): string => n.toLocaleString("en");
