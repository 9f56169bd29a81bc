/**
 * Live connections under random edits: what stays allowed is never disturbed, what is no longer allowed is cut, that
 * alone, and nothing ever drains. SALLYPORT_EDITS and SALLYPORT_SEED change how many and which.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EffectivePolicy } from "../../src/policy/model/index.ts";
import { probeFor } from "../../src/testbed/index.ts";
import { type Product, startProduct } from "../engines/product.ts";
import { describeReal, envoys } from "../engines/requirements.ts";
import { answerOf, connectionOf, type Held, isDenied, judge, takenAs, wantedAnswer } from "./held-connections.ts";
import * as random from "./random-policies.ts";

const EDITS = Number(process.env.SALLYPORT_EDITS ?? 60);
const SEED = Number(process.env.SALLYPORT_SEED ?? 20261122);
const HELD = 30;
/** How soon what a change forbids must be gone: the agent looks twice, the second time when all records have come. */
const CUT_MS = 3_000;
/** Envoy says yes before its workers follow: a request in between may be decided, and judged, by either policy. */
const WORKERS_LAG_MS = 40;
const DRAINING = ["listener_manager.total_listeners_draining", "listener_manager.total_filter_chains_draining"];

interface Counts {
  opened: number;
  exchanges: number;
  denied: number;
  cut: number;
}

for (const { name, binary, missing } of envoys)
  describeReal(`edits under the ${name}`, missing, () => {
    let product: Product;
    beforeAll(async () => {
      product = await startProduct({ envoy: binary });
      await product.testbed.destinations.listen([...random.HTTP_PORTS, random.TLS_PORT, random.TCP_PORT]);
    });
    afterAll(() => product?.close());

    test(`${EDITS} edits, seed ${SEED}`, { timeout: 60_000 + EDITS * 5_000 }, async () => {
      const next = random.randomFrom(SEED);
      let written: random.Written = {
        mode: "Matched",
        rules: Array.from({ length: 14 }, () => random.randomRule(next)),
      };
      let meant = random.meantBy(written);
      await product.enforce(meant.resources, meant.dataplane);
      let held: Held[] = [];
      const counts: Counts = { opened: 0, exchanges: 0, denied: 0, cut: 0 };
      for (let edit = 0; edit < EDITS; edit++) {
        held = await refill(product, held, meant.effective, next, counts);
        written = random.edited(next, written);
        const before = meant;
        meant = random.meantBy(written);
        const where = `edit ${edit}: ${JSON.stringify(written)}`;
        // Those that both policies allow are used all the while.
        const steady = held.filter(
          (one) => judge(before.effective, one) === "stays" && judge(meant.effective, one) === "stays",
        );
        const quiet = steady.filter((one) => one.taken !== "as http" || one.connection.scheme === "ws");
        let isEditing = true;
        const busy = quiet.slice(0, 8).map(async (one) => {
          while (isEditing) expect(await answerOf(one.live), `${one.text}, in the middle of ${where}`).toBe("pass");
        });
        await product.enforce(meant.resources, meant.dataplane).finally(() => {
          isEditing = false;
        });
        await Promise.all(busy);
        await sleep(WORKERS_LAG_MS);
        expect(await product.envoyStats(DRAINING), where).toEqual([0, 0]);
        held = await afterEdit(product, held, meant.effective, where, counts).catch((error: Error) => {
          throw new Error(`${error.message}\n${lastWords(product)}`);
        });
      }
      process.stdout.write(`${name}: ${EDITS} edits, seed ${SEED}: ${JSON.stringify(counts)}\n`);
      expect(counts.cut).toBeGreaterThan(0); // else nothing was tried
      expect(counts.denied).toBeGreaterThan(0);
      expect(counts.exchanges).toBeGreaterThan(EDITS);
    });
  });

/** Opens connections that are allowed, until there are enough. */
async function refill(
  product: Product,
  held: readonly Held[],
  policy: EffectivePolicy,
  next: () => number,
  counts: Counts,
): Promise<Held[]> {
  const opened: Held[] = [];
  for (let tries = 0; held.length + opened.length < HELD && tries < 40; tries++) {
    const text = random.randomConnection(next);
    const connection = connectionOf(text);
    if (isDenied(policy, connection)) continue;
    const live = await product.testbed.prober.hold(probeFor(connection));
    if (live.opened.answer !== "pass")
      throw new Error(`${text} when it was opened: ${JSON.stringify(live.opened)}\n${lastWords(product)}`);
    opened.push({ text, connection, taken: takenAs(policy, connection), live });
  }
  counts.opened += opened.length;
  return [...held, ...opened];
}

/** Everything is as the new policy says: returns what is still held. */
async function afterEdit(
  product: Product,
  held: readonly Held[],
  policy: EffectivePolicy,
  where: string,
  counts: Counts,
): Promise<Held[]> {
  const mayStay = held.filter((one) => judge(policy, one) === "stays");
  const mustGo = held.filter((one) => judge(policy, one) === "goes");
  await gone(product, mustGo, where);
  counts.cut += mustGo.length;
  for (const one of mayStay) {
    const answer = await answerOf(one.live);
    expect(answer, `${one.text} (taken ${one.taken}) after ${where}`).toBe(wantedAnswer(policy, one));
    counts.exchanges++;
    if (answer === "503") counts.denied++;
  }
  const ends = await product.testbed.prober.ends();
  const lost = mayStay.filter(({ live }) => ends.has(live.id));
  expect(
    lost.map(({ text }) => text),
    `lost by ${where}`,
  ).toEqual([]);
  await Promise.all(held.filter((one) => !mayStay.includes(one)).map(({ live }) => live.close()));
  return mayStay;
}

/** What the sidecar reported last, oldest first, in short: what it cut, and what was denied. */
function lastWords({ folder }: Product): string {
  const lines = readFileSync(join(folder, "denied.log"), "utf8").trim().split("\n").slice(-30);
  return lines
    .map((line) => JSON.parse(line))
    .map(({ kind, time, outcome, answer, connection, destination, reason }) =>
      [time, kind, outcome ?? answer, connection ?? destination, reason?.[0]].join(" "),
    )
    .join("\n");
}

async function gone(product: Product, mustGo: readonly Held[], where: string): Promise<void> {
  const deadline = performance.now() + CUT_MS;
  let left = mustGo;
  for (;;) {
    const ends = await product.testbed.prober.ends();
    for (const { text, live } of left) {
      const end = ends.get(live.id);
      if (end !== undefined) expect(end.how, `${text}, cut by ${where}`).toBe("reset");
    }
    left = left.filter(({ live }) => !ends.has(live.id));
    if (left.length === 0 || performance.now() > deadline) break;
    await sleep(20);
  }
  expect(
    left.map(({ text, taken }) => `${text} (taken ${taken})`),
    `survived ${where}`,
  ).toEqual([]);
}
