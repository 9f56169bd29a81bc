/** What the kernel knows of a process: its memory, and the CPU time of its threads. */
import { readdirSync, readFileSync, statSync } from "node:fs";

/** Bytes of a process in memory, and its share of them where pages are shared. */
export function memoryOf(pid: number): { readonly rss: number; readonly pss: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1]) * 1024;
  return { rss: bytes("Rss"), pss: bytes("Pss") };
}

/** The most bytes that a process ever had in memory. */
export const peakOf = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1024;

/** CPU time of the first thread, which in Envoy takes configurations and makes hosts, in ms. */
export const mainThreadMs = (pid: number): number => threadMs(pid, pid);

/** CPU time of all threads together, in ms. */
export const cpuMs = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + threadMs(pid, Number(thread)), 0);

/** The first field of `schedstat` is nanoseconds on a CPU. */
function threadMs(pid: number, thread: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0]) / 1e6;
  } catch {
    return 0; // it has ended meanwhile
  }
}

/** From the start of a process until a file was last changed, ms. The kernel tells the start to a hundredth of a second. */
export function msUntilFile(pid: number, file: string): number {
  const uptimeMs = Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 1000;
  const bootedAt = Date.now() - uptimeMs;
  // the name, which may have any character, ends at the last bracket
  const [, fields = ""] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ?? [];
  return statSync(file).ctimeMs - bootedAt - Number(fields.split(" ")[19]) * 10;
}
