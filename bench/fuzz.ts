/**
 * `npm run fuzz -- [--seconds N] [--seed N]`: random policies and connections near their boundaries. `decide` against the
 * executable model of what is compiled for Envoy; Kuma's filter chains against the named differences.
 * `npm run fuzz -- --envoy [--classic] [--connections N] [--seed N]`: the same through a running Envoy: ours, many policies
 * through one; with `--classic` Kuma's configurations, one Envoy each, and which of them it refuses.
 * `npm run fuzz -- --texts [--seconds N | --inputs N] [--seed N]`: every reader of texts on damaged, odd and random texts. With
 * `SALLYPORT_FIXTURES=DIR` the files below DIR are damaged too.
 * Prints how much was compared; ends with 1 at a disagreement, printed small, as a case for `test/cases`.
 */
import { parseArgs } from "node:util";
import { cachedEnvoy, DEFAULT_ENVOY_VERSION } from "../src/data-plane/envoy/index.ts";
import { compareClassic } from "./fuzz/classic.ts";
import { type Compared, compareModels } from "./fuzz/models.ts";
import { runParsing } from "./fuzz/parsing.ts";
import { seedTexts } from "./fuzz/parsing-inputs.ts";
import { compareRealClassic } from "./fuzz/real-classic.ts";
import { compareRealEnvoy } from "./fuzz/real-envoy.ts";
import { renderCase } from "./fuzz/render-case.ts";

const PER_POLICY = 100;
const PROGRESS_MS = 10_000;
/** Part of the time that is ours; the rest is Kuma's. */
const OURS = 0.75;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_007) },
    envoy: { type: "boolean", default: false },
    classic: { type: "boolean", default: false },
    connections: { type: "string", default: "2000" },
    texts: { type: "boolean", default: false },
    inputs: { type: "string", default: "Infinity" },
  },
});
const [seconds = 0, seed = 0, connections = 0] = [values.seconds, values.seed, values.connections].map(Number);
const inputs = Number(values.inputs);
if (![seconds, seed, connections].every(Number.isFinite) || Number.isNaN(inputs)) {
  console.error("--seconds, --seed, --connections and --inputs are numbers");
  process.exitCode = 2;
} else if (values.texts) readTexts();
else if (values.envoy) await runEnvoy();
else runModels();

function runModels(): void {
  const until = (part: number) => {
    const end = performance.now() + seconds * 1000 * part;
    return () => performance.now() >= end;
  };
  report("decide / matcher model", compareModels(seed, until(OURS)));
  report("classic model / named differences", compareClassic(seed, until(1 - OURS)));
}

/** As many as are asked for, else as long. */
function readTexts(): void {
  const started = performance.now();
  let shown = started;
  const isOver = (done: number): boolean => {
    if (done % 1024 > 0) return done >= inputs;
    const now = performance.now();
    if (now - shown >= PROGRESS_MS) {
      shown = now;
      console.error(`${done} texts, ${Math.round((now - started) / 1000)} s`);
    }
    return done >= inputs || (inputs === Number.POSITIVE_INFINITY && now - started >= seconds * 1000);
  };
  const { found, ...done } = runParsing(seed, seedTexts(process.env.SALLYPORT_FIXTURES), isOver);
  const took = Math.round((performance.now() - started) / 1000);
  console.log(`texts: ${done.inputs} read, ${done.sound} of them with resources, ${took} s, seed ${seed}`);
  if (found === undefined) return;
  console.log(`\n${found.reader}: ${JSON.stringify(found.text)}\n${found.fault}`);
  process.exitCode = 1;
}

async function runEnvoy(): Promise<void> {
  const envoy = process.env.SALLYPORT_ENVOY || cachedEnvoy(DEFAULT_ENVOY_VERSION);
  const started = performance.now();
  let shown = started;
  const progress = (done: number, policies: number): void => {
    if (performance.now() - shown < PROGRESS_MS) return;
    shown = performance.now();
    console.error(`${done} connections, ${policies} policies, ${Math.round((shown - started) / 1000)} s`);
  };
  const run = { envoy, seed, perPolicy: PER_POLICY, isOver: (done: number) => done >= connections, progress };
  if (values.classic) report("classic model / real Envoy", await compareRealClassic(run));
  else report("decide / real Envoy", await compareRealEnvoy(run));
}

function report(what: string, { found, pairs, policies, ...more }: Compared): void {
  const counts = Object.entries({ pairs, policies, ...more }).map(([name, count]) => `${count} ${name}`);
  console.log(`${what}: ${counts.join(", ")}, seed ${seed}`);
  if (found === undefined) return;
  console.log(`\n# ${found.what}\n${renderCase(found)}`);
  process.exitCode = 1;
}
