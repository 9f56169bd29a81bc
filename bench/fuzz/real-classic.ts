/** Kuma's configurations in a real Envoy: which of them it takes, and what becomes of connections then. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { classicJson } from "../../src/compile/classic/index.ts";
import { askAdmin } from "../../src/data-plane/envoy/index.ts";
import type { EffectivePolicy } from "../../src/policy/model/index.ts";
import { type Answer, type Arrival, codecRefuses, modelOf } from "../../src/simulate/index.ts";
import { type Observed, type Running, startTestbed, type Testbed } from "../../src/testbed/index.ts";
import { randomFrom } from "../../test/e2e/random-policies.ts";
import { until } from "../../test/engines/product.ts";
import { ip, port } from "../../test/laws/builders.ts";
import { randomArrival } from "./arrivals.ts";
import { classicAnswer, classicResources } from "./classic.ts";
import type { Disagreement } from "./disagreement.ts";
import { randomPolicy } from "./policies.ts";
import { isSendable, PORTS, probeOf, type RealRun } from "./real-envoy.ts";

/** How many configurations Envoy refused, as the model said, stands beside. */
export interface RealClassicCompared {
  readonly policies: number;
  readonly pairs: number;
  readonly refused: number;
  readonly found?: Disagreement;
}

const LIMITS = { maxRules: 8, isValid: true } as const;
const UID = 5678;
const REDIRECT = `table inet kuma {
  chain output {
    type nat hook output priority -100;
    meta skuid ${UID} return
    fib daddr type local return
    meta l4proto tcp redirect to :15001
  }
}
`;

/** Each policy gets an Envoy of its own. Stops at the first wrong answer. */
export async function compareRealClassic({
  envoy,
  seed,
  perPolicy,
  isOver,
  progress,
}: RealRun): Promise<RealClassicCompared> {
  const random = randomFrom(seed);
  const folder = mkdtempSync(join(tmpdir(), "sallyport-classic-"));
  chmodSync(folder, 0o777); // Envoy runs as another user and makes its socket there
  const testbed = await startTestbed();
  const counts = { policies: 0, pairs: 0, refused: 0 };
  try {
    await testbed.destinations.listen(PORTS);
    await testbed.namespaces.workload.run(["nft", "-f", "-"], { input: REDIRECT });
    for (; !isOver(counts.pairs); counts.policies++) {
      const policy = randomPolicy(random, LIMITS);
      const resources = classicResources(policy);
      if (resources === "frozen") continue;
      const model = modelOf(resources);
      const file = join(folder, "bootstrap.json");
      writeFileSync(file, bootstrap(classicJson(resources), join(folder, "admin")));
      const refusal = refusalOf(envoy, file);
      if ((refusal === undefined) !== (model.faults.length === 0))
        return { ...counts, found: { policy, arrival: ANY, what: `model: ${model.faults[0]}, Envoy: ${refusal}` } };
      if (refusal !== undefined) {
        counts.refused++;
        continue;
      }
      const running = await start(testbed, envoy, folder);
      const planned: Arrival[] = [];
      while (planned.length < perPolicy) {
        const arrival = randomArrival(random, policy, { isSendable: true });
        if (isSendable(arrival) && classicAnswer(model, arrival) !== "unclear") planned.push(arrival);
      }
      const found = await firstWrong(testbed, policy, planned, (arrival) => classicAnswer(model, arrival));
      await running.kill();
      await running.exited;
      counts.pairs += planned.length;
      progress?.(counts.pairs, counts.policies + 1);
      if (found !== undefined) return { ...counts, found };
    }
  } finally {
    await testbed.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return counts;
}

/** Stands for none: the configuration itself is at fault. */
const ANY: Arrival = {
  connection: { kind: "opaque", destination: { ip: ip("0.0.0.0"), port: port(1) } },
};

function bootstrap(resources: string, admin: string): string {
  const { listeners, clusters } = JSON.parse(resources);
  return JSON.stringify({
    admin: { address: { pipe: { path: admin } } },
    node: { id: "classic", cluster: "classic" },
    staticResources: { listeners, clusters },
  });
}

/** What Envoy says against the configuration, if it does. */
function refusalOf(envoy: string, file: string): string | undefined {
  const { status, stderr } = spawnSync(envoy, ["--mode", "validate", "-l", "error", "-c", file], { encoding: "utf8" });
  return status === 0 ? undefined : stderr.slice(-400);
}

async function start({ namespaces }: Testbed, envoy: string, folder: string): Promise<Running> {
  const admin = join(folder, "admin");
  rmSync(admin, { force: true });
  const flags = ["--concurrency", "1", "--disable-hot-restart", "-l", "off", "-c", join(folder, "bootstrap.json")];
  const identity = ["setpriv", `--reuid=${UID}`, `--regid=${UID}`, "--clear-groups"];
  const running = namespaces.workload.spawn([...identity, envoy, ...flags], { stdio: ["ignore", "ignore", "ignore"] });
  await until("Envoy is ready", async () => {
    try {
      return (await askAdmin(admin, "/ready")).startsWith("LIVE");
    } catch {
      return false;
    }
  });
  return running;
}

async function firstWrong(
  { destinations, prober }: Testbed,
  policy: EffectivePolicy,
  planned: readonly Arrival[],
  modelled: (arrival: Arrival) => Answer | undefined,
): Promise<Disagreement | undefined> {
  await destinations.reset();
  const observed = await prober.probeAll(planned.map(probeOf), 20);
  for (const [i, arrival] of planned.entries()) {
    const seen = observed[i];
    const wanted = modelled(arrival);
    if (seen !== undefined && wanted !== undefined && !fits(wanted, seen.answer, arrival))
      return { policy, arrival, what: `model: ${wanted}, real Envoy: ${JSON.stringify(seen).slice(0, 600)}` };
  }
  return undefined;
}

function fits(wanted: Answer, seen: Observed["answer"], arrival: Arrival): boolean {
  // What comes as HTTP/1 may go on as HTTP/2, where the destination refuses a user in the authority.
  const isOdd = codecRefuses(arrival, undefined) || arrival.authority?.includes("@") === true;
  if (wanted === "admitted") return seen === "pass" || (isOdd && ["400", "stream-reset", "other"].includes(seen));
  if (wanted === "closed") return seen === "reset" || seen === "close";
  if (wanted === 503) return seen === "unavailable"; // Kuma's answer has no mark
  // Over HTTP/2 the whole connection goes.
  return seen === String(wanted) || (wanted === 400 && ["stream-reset", "close", "reset"].includes(seen));
}
