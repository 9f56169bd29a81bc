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

/** Milliseconds of this thread's CPU that `work` takes in the mean: for work that is too long to be left alone by others. */
export function meanCpu(times: number, work: () => unknown): number {
  work();
  // All at once: what the kernel tells of a running thread may be a few milliseconds old.
  const started = process.threadCpuUsage();
  for (let i = 0; i < times; i++) work();
  const { user, system } = process.threadCpuUsage(started);
  return (user + system) / 1000 / times;
}

const MEGABYTE = 1e6;
export const megabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(2)} MB`;
export const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
/** Of microseconds, which may be many. */
export const microseconds = (us: number): string => (us < 1000 ? `${us.toFixed(2)} µs` : milliseconds(us / 1000));
export const count = (n: number): string => n.toLocaleString("en");
