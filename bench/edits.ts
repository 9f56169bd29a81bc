/**
 * Zero-reset edits: hundreds of live connections of each kind under random edits. Nothing that stays allowed is cut,
 * nothing that is denied before and after gets through while the edit is made, what is revoked is cut within a second.
 *
 * `npm run bench -- edits [--edits N] [--each N] [--seed N] [--envoy PATH]`: 1,000 edits, 500 connections of each kind.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { findEnvoy } from "../src/data-plane/envoy/index.ts";
import { isDenied, judge, wantedAnswer } from "../test/e2e/held-connections.ts";
import * as random from "../test/e2e/random-policies.ts";
import { startProduct } from "../test/engines/product.ts";
import { KINDS, type LiveSet, liveSet } from "./edits/live-set.ts";
import type { Measured } from "./run.ts";

/** An edit is over when the sidecar has acknowledged it; only then is the clock for cuts started. */
const WITHIN_MS = 1_000;
/** Envoy's workers follow its main thread: an answer in between may be by either policy. */
const WORKERS_LAG_MS = 50;
const SAMPLE = 60;
const BESIEGERS = 12;
const SHOWN = 20;

export interface Tally {
  edits: number;
  opened: number;
  exchanges: number;
  deniedTries: number;
  cut: number;
  slowestCutMs: number;
  /** What must not be, in words. */
  readonly faults: string[];
}

export async function run(args: readonly string[]): Promise<readonly Measured[]> {
  const options = {
    edits: { type: "string" },
    each: { type: "string" },
    seed: { type: "string" },
    envoy: { type: "string" },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const wanted = {
    edits: Number(values.edits ?? 1_000),
    each: Number(values.each ?? 500),
    seed: Number(values.seed ?? 20261122),
  };
  const product = await startProduct({ envoy: findEnvoy(values.envoy === undefined ? {} : { path: values.envoy }) });
  const tally: Tally = { edits: 0, opened: 0, exchanges: 0, deniedTries: 0, cut: 0, slowestCutMs: 0, faults: [] };
  let held = 0;
  try {
    await product.testbed.destinations.listen([...random.HTTP_PORTS, random.TLS_PORT, random.TCP_PORT]);
    const next = random.randomFrom(wanted.seed);
    let written: random.Written = { mode: "Matched", rules: Array.from({ length: 20 }, () => random.randomRule(next)) };
    let meant = random.meantBy(written);
    await product.enforce(meant.resources, meant.dataplane);
    const live = liveSet(product, next, wanted.each, tally);
    await live.refill(meant.effective, Number.POSITIVE_INFINITY);
    for (; tally.edits < wanted.edits && tally.faults.length < SHOWN; tally.edits++) {
      held += live.size;
      written = editOf(next, written);
      const before = meant;
      meant = random.meantBy(written);
      await oneEdit({ product, live, before, after: meant, tally, next });
      await live.refill(meant.effective, 2 * wanted.each);
      if (tally.edits % 50 === 0)
        console.log(`  edit ${tally.edits}: ${live.size} held, ${tally.cut} cut, ${tally.faults.length} faults`);
    }
    await live.close();
  } finally {
    await product.close();
  }
  for (const fault of tally.faults) console.log(`  ${fault}`);
  const { edits, opened, exchanges, deniedTries, cut, slowestCutMs, faults } = tally;
  const about = `${edits} edits, seed ${wanted.seed}, ${Math.round(held / Math.max(1, edits))} connections open on average (up to ${wanted.each} of each of ${KINDS.length} kinds)`;
  return [
    {
      question: "allowed connections lost, wrong answers, denied ones that got through, revoked ones that stayed",
      ours: `${faults.length} of ${opened} connections, ${exchanges} exchanges, ${deniedTries} denied tries during edits`,
      against: about,
      ratio: faults.length,
      limit: 0,
    },
    {
      question: "the slowest cut after an edit was in force",
      ours: `${Math.round(slowestCutMs)} ms, of ${cut} connections`,
      against: `${WITHIN_MS} ms`,
      ratio: slowestCutMs / WITHIN_MS,
      limit: 1,
    },
  ];
}

/** Other modes end most connections at once, so they are rare. */
function editOf(next: () => number, written: random.Written): random.Written {
  for (;;) {
    const edited = random.edited(next, written);
    if (edited.mode === "Matched" || next() < 0.15) return edited;
  }
}

interface Edit {
  readonly product: Awaited<ReturnType<typeof startProduct>>;
  readonly live: LiveSet;
  readonly before: random.Meant;
  readonly after: random.Meant;
  readonly tally: Tally;
  readonly next: () => number;
}

async function oneEdit({ product, live, before, after, tally, next }: Edit): Promise<void> {
  const where = `edit ${tally.edits}`;
  const steady = live
    .all()
    .filter((one) => judge(before.effective, one) === "stays" && judge(after.effective, one) === "stays");
  const quiet = steady.filter(({ taken }) => taken !== "as http").slice(0, BESIEGERS);
  const denied = live.candidates(
    BESIEGERS,
    (connection) => isDenied(before.effective, connection) && isDenied(after.effective, connection),
  );
  let isEditing = true;
  const busy = [
    ...quiet.map(async (one) => {
      while (isEditing) await live.expectAnswer(one, "pass", `during ${where}`);
    }),
    ...denied.map(async (text) => {
      while (isEditing) await live.expectDenied(text, `during ${where}`);
    }),
  ];
  await product.enforce(after.resources, after.dataplane).finally(() => {
    isEditing = false;
  });
  const inForceAt = performance.now();
  await Promise.all([gone(live, after, where, inForceAt, tally), ...busy]);
  await sleep(WORKERS_LAG_MS);
  await live.noneLost(after.effective, where);
  for (const one of live.sample(SAMPLE, next))
    await live.expectAnswer(one, wantedAnswer(after.effective, one), `after ${where}`);
}

/** Waits until all is gone that must go, and forgets it. */
async function gone(
  live: LiveSet,
  { effective }: random.Meant,
  where: string,
  inForceAt: number,
  tally: Tally,
): Promise<void> {
  const mustGo = live.all().filter((one) => judge(effective, one) === "goes");
  let left = mustGo;
  for (;;) {
    const ends = await live.ends();
    const since = performance.now() - inForceAt;
    const still = left.filter(({ live: { id } }) => !ends.has(id));
    if (still.length < left.length) tally.slowestCutMs = Math.max(tally.slowestCutMs, since);
    left = still;
    if (left.length === 0 || since > 3 * WITHIN_MS) break;
    await sleep(20);
  }
  tally.cut += mustGo.length - left.length;
  for (const { text, taken } of left) tally.faults.push(`${text} (taken ${taken}) survived ${where}`);
  await live.forget(mustGo);
  await live.forget(live.all().filter((one) => judge(effective, one) === "either"));
}
