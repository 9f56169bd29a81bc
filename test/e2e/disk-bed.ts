/** A sidecar whose state folder is a file system of its own, small, to be filled or frozen. For disk.test.ts. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startTraffic, type Traffic } from "../../bench/envoy-scale/traffic.ts";
import type { HitsView } from "../../src/data-plane/hits/index.ts";
import { type SidecarBed, startSidecarBed } from "./sidecar-bed.ts";

export interface DiskBed {
  readonly bed: SidecarBed;
  readonly traffic: Traffic;
  /** Writes until nothing more goes on the disk, but for so many bytes. */
  fill(spare?: number): Promise<void>;
  /** Takes away what `fill` wrote. */
  free(): Promise<void>;
  /** Whoever reads or writes waits, until what this resolves to is called. */
  freeze(): Promise<() => Promise<void>>;
  hits(): Promise<HitsView>;
  /** Records that Envoy has taken since it began. */
  taken(): Promise<number>;
  close(): Promise<void>;
}

/** The disk exists in the mount namespace of the workload alone, and goes with it. */
export type Disk =
  | { readonly kind: "memory"; readonly mib: number }
  /** A file with a file system: only root may mount it. */
  | { readonly kind: "loop"; readonly mib: number };

const ASK = `require("node:http").get({ socketPath: process.argv[1], path: process.argv[2] }, (r) => r.pipe(process.stdout))`;

export async function startDiskBed(envoy: string, disk: Disk): Promise<DiskBed> {
  const bed = await startSidecarBed(envoy);
  const { workload } = bed.testbed.namespaces;
  const folder = bed.stateFolder;
  const shell = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await workload.run(["sh", "-c", script, folder]);
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  };
  await shell('mkdir -p "$0"');
  if (disk.kind === "memory") await shell(`mount -t tmpfs -o size=${disk.mib}m,mode=700 tmpfs "$0"`);
  else
    await shell(
      `truncate -s ${disk.mib}M "$0.img" && mkfs.ext4 -q -F "$0.img" && mount -o loop "$0.img" "$0" && rm "$0.img"`,
    );
  const ask = async (socket: string, path: string): Promise<string> =>
    (await workload.run([process.execPath, "-e", ASK, join(folder, socket), path])).stdout;
  const traffic = await startTraffic(bed.testbed);
  return {
    bed,
    traffic,
    async fill(spare = 0) {
      await shell(`! cat /dev/zero >"$0/filler" 2>/dev/null && truncate -s -${spare} "$0/filler"`);
    },
    free: async () => void (await shell('rm "$0/filler"')),
    freeze: () => frozen(workload.enter(["sh", "-c", FREEZE, folder])),
    hits: async () => JSON.parse(await ask("status.sock", "/hits")),
    async taken() {
      const text = await ask("run/admin.sock", "/stats?filter=filesystem.write_buffered");
      return Number(/write_buffered: (\d+)/.exec(text)?.[1]);
    },
    close: () => bed.close(),
  };
}

/** Thaws when its input ends, so also when this process is killed. */
const FREEZE = 'trap "" INT TERM HUP; fsfreeze -f "$0" && echo frozen && cat >/dev/null; fsfreeze -u "$0"';

async function frozen(argv: readonly string[]): Promise<() => Promise<void>> {
  // outside of the PID namespace, which is killed with this process
  const [command = "", ...args] = argv.filter((word) => word !== "--pid");
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], detached: true });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const { done } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (done === true) throw new Error("the disk could not be frozen");
  return () => {
    child.stdin.end();
    return ended;
  };
}

export const parentOf = (pid: number): number =>
  Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
