/**
 * Moderate load for a long time, an edit each second: every verdict is checked against the policies that were in force
 * meanwhile, every denied connection must be in the log, connections that stay allowed must live, and nothing may grow.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Live, type Prober, probeFor } from "../../src/testbed/index.ts";
import { connectionOf } from "../../test/e2e/held-connections.ts";
import { randomConnection, randomFrom } from "../../test/e2e/random-policies.ts";
import { type Bed, startBed } from "./bed.ts";
import { followDenied } from "./denied-lines.ts";
import { type Growth, growthOf, type Sample, sampleOf } from "./leaks.ts";
import { editedPolicy, firstPolicy, meantBy, PORTS, STEADY } from "./policies.ts";
import { type Eras, eras, verdictOf } from "./verdicts.ts";

export interface SoakSettings {
  /** Path of the binary. */
  readonly envoy: string;
  readonly seconds: number;
  readonly seed: number;
  readonly perSecond: number;
  readonly progress?: (text: string) => void;
}

export interface Soaked {
  readonly seconds: number;
  readonly seed: number;
  readonly edits: number;
  readonly connections: number;
  readonly allowed: number;
  readonly denied: number;
  /** Made while an edit was on its way that changed what is said of them: either answer was right. */
  readonly between: number;
  /** Connections held from the first second to the last, and exchanges on them. */
  readonly held: number;
  readonly exchanges: number;
  readonly wrongVerdicts: readonly string[];
  readonly lostLines: readonly string[];
  readonly lostConnections: readonly string[];
  readonly growth: readonly Growth[];
}

const EDIT_MS = 1_000;
const SAMPLE_MS = 5_000;
const EXERCISE_MS = 2_000;
const HELD_OF_EACH = 10;
const AT_A_TIME = 20;
const SETTLE_MS = 5_000;
/** What is shown of a fault that repeats. */
const SHOWN = 20;

export async function soak(settings: SoakSettings): Promise<Soaked> {
  const next = randomFrom(settings.seed);
  let written = firstPolicy(next);
  const timeline = eras();
  const first = meantBy(written);
  timeline.written(first.effective)();
  const bed = await startBed(settings.envoy, first);
  try {
    await bed.testbed.destinations.listen(PORTS);
    const steady = await holdSteady(bed.testbed.prober);
    const state = { isOver: false, edits: 0, exchanges: 0 };
    const lost = new Set<string>();
    const samples: Sample[] = [];
    const traffic = startTraffic(bed, timeline, randomFrom(settings.seed + 1), settings.perSecond, () => state.isOver);
    const rounds = [
      every(EDIT_MS, state, async () => {
        written = editedPolicy(next, written);
        const meant = meantBy(written);
        const inForce = timeline.written(meant.effective);
        await bed.enforce(meant);
        inForce();
        state.edits++;
      }),
      every(EXERCISE_MS, state, async () => {
        for (const answer of await Promise.all(steady.map(exercised))) {
          state.exchanges++;
          if (answer !== "") lost.add(answer);
        }
      }),
      every(SAMPLE_MS, state, async () => {
        samples.push(sampleOf(bed.pids, await bed.envoyAllocated()));
        await bed.testbed.destinations.reset(); // what arrived is not asked for, and would fill the memory
        const { connections, wrongVerdicts } = traffic.counts;
        settings.progress?.(`${state.edits} edits, ${connections} connections, ${wrongVerdicts.length} wrong`);
      }),
    ];
    await Promise.race([sleep(settings.seconds * 1_000), ...rounds, traffic.done]);
    state.isOver = true;
    await Promise.all([...rounds, traffic.done]);
    await sleep(SETTLE_MS);
    const { edits, exchanges } = state;
    return {
      ...{ seconds: settings.seconds, seed: settings.seed, edits, exchanges, ...traffic.counts },
      held: steady.length,
      lostConnections: [...lost].slice(0, SHOWN),
      lostLines: traffic.lostLines(),
      growth: growthOf(samples, settings.seconds * 1_000),
    };
  } finally {
    await bed.close();
  }
}

/** Repeats until it is over; the first error ends it. */
async function every(ms: number, state: { readonly isOver: boolean }, round: () => Promise<void>): Promise<void> {
  while (!state.isOver) {
    const started = performance.now();
    await round();
    await sleep(Math.max(0, ms - (performance.now() - started)));
  }
}

async function holdSteady(prober: Prober): Promise<Live[]> {
  const held: Live[] = [];
  for (const text of STEADY)
    for (let i = 0; i < HELD_OF_EACH; i++) {
      const live = await prober.hold(probeFor(connectionOf(text)));
      if (live.opened.answer !== "pass") throw new Error(`${text}: ${JSON.stringify(live.opened)}`);
      held.push(live);
    }
  return held;
}

/** Empty, or what is wrong with a connection that must live. */
async function exercised({ id, probe, exercise }: Live): Promise<string> {
  const [exchange] = await exercise();
  if (exchange?.answer === "pass") return "";
  return `${id} to ${probe.to.ip} port ${probe.to.port}: ${JSON.stringify(exchange)}`;
}

interface Traffic {
  readonly counts: Pick<Soaked, "connections" | "allowed" | "denied" | "between" | "wrongVerdicts">;
  readonly done: Promise<void>;
  /** Destinations whose lines in the log do not add up. */
  lostLines(): string[];
}

function startTraffic(
  { testbed, deniedLog }: Bed,
  timeline: Eras,
  next: () => number,
  perSecond: number,
  isOver: () => boolean,
): Traffic {
  const counts = { connections: 0, allowed: 0, denied: 0, between: 0, wrongVerdicts: [] as string[] };
  const logged = followDenied(deniedLog);
  /** What the log must hold at least, and at most. */
  const refused = new Map<string, { least: number; most: number }>();
  const one = async (): Promise<void> => {
    const text = randomConnection(next);
    const connection = connectionOf(text);
    const from = performance.now();
    const probe = probeFor(connection);
    const observed = await testbed.prober.probe(probe);
    const wanted = timeline.wanted(connection, from, performance.now());
    const verdict = verdictOf(observed);
    counts.connections++;
    if (wanted.size > 1) counts.between++;
    else if (verdict !== undefined) counts[verdict === "allow" ? "allowed" : "denied"]++;
    if ((verdict === undefined || !wanted.has(verdict)) && counts.wrongVerdicts.length < SHOWN)
      counts.wrongVerdicts.push(
        `${new Date().toISOString()} ${text}: ${[...wanted]} is right, got ${JSON.stringify(observed)}`,
      );
    const { ip, port } = probe.to;
    const key = ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
    const known = refused.get(key) ?? { least: 0, most: 0 };
    const isSure = verdict === "deny" && wanted.size === 1;
    refused.set(key, {
      least: known.least + (isSure ? 1 : 0),
      // A connection that is cut by a change may have been refused before, or not.
      most: known.most + (isSure || wanted.size > 1 ? 1 : 0),
    });
  };
  const client = async (): Promise<void> => {
    const pause = (AT_A_TIME / perSecond) * 1_000;
    while (!isOver()) {
      const started = performance.now();
      await one();
      logged.read();
      await sleep(Math.max(0, pause - (performance.now() - started)));
    }
  };
  return {
    counts,
    done: Promise.all(Array.from({ length: AT_A_TIME }, client)).then(() => undefined),
    lostLines() {
      logged.read();
      logged.close();
      return [...refused].flatMap(([key, { least, most }]) => {
        const lines = logged.byDestination.get(key) ?? 0;
        return lines >= least && lines <= most ? [] : [`${key}: ${lines} lines, ${least} to ${most} are right`];
      });
    },
  };
}
