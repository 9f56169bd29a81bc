import { readFileSync, readlinkSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks from boot to its start, as the kernel prints them. */
  readonly startTicks: string;
  readonly bootId: string;
}

/** Identify a running process; undefined if there is none with that pid, or only its corpse. */
export function processIdOf(pid: number): ProcessId | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // the program's name, in brackets, may hold spaces and brackets itself
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, startTicks] = [fields[0], fields[19]];
    if (startTicks === undefined || state === "Z" || state === "X") return undefined;
    return { pid, startTicks, bootId: readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim() };
  } catch {
    return undefined;
  }
}

export function stillRuns(id: ProcessId): boolean {
  const now = processIdOf(id.pid);
  return now !== undefined && now.startTicks === id.startTicks && now.bootId === id.bootId;
}

/** Names the network namespace of a process; undefined where it is gone or may not be looked at. */
export function ownNetworkNamespace(pid: number | "self" = "self"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}
