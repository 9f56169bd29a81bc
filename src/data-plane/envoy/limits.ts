import { readFileSync } from "node:fs";

const WANTED_CONNECTIONS = 10_000;
/** Listeners, sockets to the agent, files, and what several workers open for themselves. */
const RESERVED_DESCRIPTORS = 256;
/** One towards the workload, one towards the destination, and idle ones that HTTP keeps for reuse. */
const DESCRIPTORS_PER_CONNECTION = 3;

/**
 * How many connections Envoy may hold, well under what its descriptors allow: without a free one it dies. `limits` is
 * the text of `/proc/<pid>/limits`. Node raises its soft limit to the hard one, and Envoy inherits that.
 */
export function connectionLimit(limits: string = readFileSync("/proc/self/limits", "latin1")): number {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined || soft === "unlimited") return WANTED_CONNECTIONS;
  const fits = Math.floor((Number(soft) - RESERVED_DESCRIPTORS) / DESCRIPTORS_PER_CONNECTION);
  return Math.max(1, Math.min(WANTED_CONNECTIONS, fits));
}
