/**
 * From saving a policy file to the workload's next connection being treated by it: file → control plane → agent → Envoy.
 * 50 edits, alternately of a TLS name (a listener changes) and of an HTTP host (a route table changes), each seen by
 * the workload itself. Against what is promised: half a second in the median, a second at worst.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planOf } from "../src/cli/quickstart/plan.ts";
import { startSession } from "../src/cli/quickstart/session.ts";
import { findEnvoy } from "../src/data-plane/envoy/index.ts";
import type { Probe } from "../src/testbed/index.ts";
import { median } from "./cli-start.ts";
import type { Measured } from "./run.ts";

const EDITS = 50;
const root = join(import.meta.dirname, "..");
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A rule that an edit takes out and puts back, and a connection that it admits. */
interface Toggled {
  readonly value: string;
  readonly probe: Probe;
}

const TOGGLED: readonly Toggled[] = [
  {
    value: "httpbin.org",
    probe: { to: { ip: "203.0.113.10", port: 443 }, speech: { kind: "tls", serverName: "httpbin.org" } },
  },
  {
    value: "httpbin.dev",
    probe: {
      to: { ip: "203.0.113.30", port: 80 },
      speech: { kind: "http1", requests: [{ version: "1.1", headers: [["Host", "httpbin.dev"]] }] },
    },
  },
];

export async function run(): Promise<readonly Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  cpSync(join(root, "examples/quickstart/universal"), folder, { recursive: true });
  const read = (name: string) => ({ file: join(folder, name), text: readFileSync(join(folder, name), "utf8") });
  const names = ["mesh.yaml", "demo-app.yaml", "allow-some-passthrough.yaml", "quickstart.test.yaml"];
  const plan = planOf(names.map(read));
  if ("problem" in plan) throw new Error(plan.problem);
  process.argv[1] = join(root, "src/main.ts"); // the session starts its sidecar from this program's own entry
  const session = await startSession({
    policies: folder,
    plan,
    envoy: findEnvoy(),
    log: silent,
    progress: () => undefined,
  });
  try {
    const file = join(folder, "allow-some-passthrough.yaml");
    const original = readFileSync(file, "utf8");
    const took: number[] = [];
    for (let i = 0; i < EDITS; i++) {
      const { value, probe } = TOGGLED[(i >> 1) % TOGGLED.length] ?? TOGGLED[0] ?? fail();
      const removes = i % 2 === 0;
      writeFileSync(file, removes ? original.replace(`value: ${value}`, "value: replaced.example") : original);
      const saved = performance.now();
      while (((await session.testbed.prober.probe(probe)).answer === "pass") === removes)
        if (performance.now() - saved > 10_000)
          throw new Error(
            `edit ${i} of ${value} was not enforced: ${readFileSync(join(session.folder, "sidecar.log"), "utf8")}`,
          );
      took.push(performance.now() - saved);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const [typical, worst] = [median(took), Math.max(...took)];
    return [
      {
        question: "edit → enforced, median",
        ours: `${typical.toFixed(0)} ms`,
        against: "500 ms",
        ratio: typical / 500,
        limit: 1,
      },
      {
        question: `edit → enforced, worst of ${EDITS}`,
        ours: `${worst.toFixed(0)} ms`,
        against: "1,000 ms",
        ratio: worst / 1000,
        limit: 1,
      },
    ];
  } finally {
    await session.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function fail(): never {
  throw new Error("impossible: the list is not empty");
}
