/** Milliseconds before the first attempt anew, and the most between two. */
const FIRST_MS = 100;
const MAX_MS = 5_000;

/**
 * How long to wait before an attempt (from 1), doubling up to five seconds. `random` (0 to 1) spreads it over the upper
 * half, so that a thousand clients of a server that restarts do not come all at once.
 */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16));
  return full / 2 + (full / 2) * random;
}
