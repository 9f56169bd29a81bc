/** What starting the bundled CLI costs: `sallyport check` on a small folder against `node -e 0`, interleaved. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Measured } from "./run.ts";

const ROUNDS = 25;
const root = join(import.meta.dirname, "..");

export async function run(): Promise<readonly Measured[]> {
  const bare: number[] = [];
  const ours: number[] = [];
  const check = () => time(join(root, "bin/sallyport"), ["check", "-f", join(root, "examples/quickstart/universal")]);
  check();
  for (let i = 0; i < ROUNDS; i++) {
    bare.push(time(process.execPath, ["-e", "0"]));
    ours.push(check());
  }
  const ratios = ours.map((ms, i) => ms / (bare[i] ?? 1));
  return [
    {
      question: "start-up of `check` on a small folder",
      ours: `${median(ours).toFixed(0)} ms`,
      against: `node -e 0, ${median(bare).toFixed(0)} ms (median of ${ROUNDS} interleaved)`,
      ratio: median(ratios),
      limit: 3,
    },
  ];
}

function time(command: string, args: readonly string[]): number {
  const start = performance.now();
  const { status } = spawnSync(command, args, { stdio: "ignore" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
  return performance.now() - start;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
