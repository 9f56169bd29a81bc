/**
 * `npm run soak [-- --seconds N] [--seed N] [--per-second N] [--out FILE]`: half an hour of moderate load with an edit each
 * second. Prints the summary, writes it where `--out` says; ends with 1 at a wrong verdict, a lost line, a lost
 * connection or a leak.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { cachedEnvoy, DEFAULT_ENVOY_VERSION } from "../src/data-plane/envoy/index.ts";
import { soak } from "./soak/soak.ts";

const PROGRESS_MS = 60_000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "1800" },
    seed: { type: "string", default: "1" },
    "per-second": { type: "string", default: "100" },
    out: { type: "string" },
  },
});
const [seconds = 0, seed = 0, perSecond = 0] = [values.seconds, values.seed, values["per-second"]].map(Number);
if (!(seconds > 0 && perSecond > 0 && Number.isFinite(seed))) {
  console.error("--seconds, --seed and --per-second are numbers, the first and the last above 0");
  process.exit(2);
}
let shown = performance.now();
const summary = await soak({
  ...{ seconds, seed, perSecond },
  envoy: process.env.SALLYPORT_ENVOY || cachedEnvoy(DEFAULT_ENVOY_VERSION),
  progress: (text) => {
    if (performance.now() - shown < PROGRESS_MS) return;
    shown = performance.now();
    console.error(text);
  },
});
const text = `${JSON.stringify(summary, null, 2)}\n`;
process.stdout.write(text);
if (values.out !== undefined) writeFileSync(values.out, text);
const faults = [...summary.wrongVerdicts, ...summary.lostLines, ...summary.lostConnections];
process.exitCode = faults.length > 0 || summary.growth.some(({ isLeak }) => isLeak) ? 1 : 0;
