/** The configuration in an Envoy of its own, size by size, against the classic one. */
import type { Measured } from "../run.ts";
import { classicSide } from "./classic.ts";
import { costs, type MeasuredCost, matcherSide } from "./configuration.ts";
import { promised } from "./floors.ts";
import { CHANGES } from "./rules.ts";
import { count, megabytes, microseconds, milliseconds } from "./statistics.ts";

/** For how long Envoy may answer nobody else, ms. */
const MAX_MAIN_MS = 25;

export async function configurationCosts(envoy: string, sizes: readonly number[]): Promise<Measured[]> {
  const sides = [await matcherSide(), await classicSide()];
  const measured: Measured[] = [];
  let tenth: { readonly rules: number; readonly ours: MeasuredCost } | undefined;
  for (const rules of sizes) {
    const [ours, classic] = await costs(envoy, sides, rules);
    if (ours === undefined || classic === undefined) throw new Error("impossible: a cost for each side");
    measured.push(...compared(rules, ours, classic), mainThread(rules, ours));
    if (rules === MANY / 10) tenth = { rules, ours };
  }
  return tenth === undefined ? measured : [...measured, ...(await growth(envoy, tenth))];
}

/** Ours alone, with more rules than the other side could hold: what each costs there. */
const MANY = 100_000;
/** Envoy keeps names in hash maps, which grow by doubling. */
const STILL_LINEAR = 2;

async function growth(
  envoy: string,
  { rules, ours: few }: { readonly rules: number; readonly ours: MeasuredCost },
): Promise<Measured[]> {
  const [many] = await costs(envoy, [await matcherSide()], MANY);
  if (many === undefined) throw new Error("impossible: a cost for the side");
  const each = (what: string, of: (cost: MeasuredCost) => number, say: (value: number) => string): Measured => ({
    question: `${count(MANY)} rules: ${what}, of each rule`,
    ours: `${say(of(many) / MANY)} (${say(of(many))} in all)`,
    against: `${say(of(few) / rules)} at ${count(rules)}`,
    ratio: of(many) / MANY / (of(few) / rules),
    limit: STILL_LINEAR,
  });
  const slowest = ({ changeMs }: MeasuredCost) => Math.max(...CHANGES.map((change) => changeMs[change]));
  return [
    each(
      "bytes of Envoy's configuration",
      ({ bytes }) => bytes,
      (n) => `${count(Math.round(n))} B`,
    ),
    each(
      "memory of Envoy beyond an empty one",
      ({ allocated }) => allocated,
      (n) => `${count(Math.round(n))} B`,
    ),
    each(
      "first load, push to ACK",
      ({ firstLoadMs }) => firstLoadMs,
      (ms) => microseconds(1000 * ms),
    ),
    each("the slowest change of one, push to ACK", slowest, (ms) => microseconds(1000 * ms)),
  ];
}

function compared(rules: number, ours: MeasuredCost, peer: MeasuredCost): Measured[] {
  const { listeners, routes, clusters } = ours.bytesByType;
  const at = `${count(rules)} rules`;
  return [
    promised(rules, 1 / 8, {
      question: `${at}: bytes of Envoy's configuration`,
      ours: `${count(ours.bytes)} (listeners ${count(listeners)}, routes ${count(routes)}, clusters ${count(clusters)})`,
      against: `classic: ${count(peer.bytes)}`,
      ratio: ours.bytes / peer.bytes,
    }),
    promised(rules, 1 / 100, {
      question: `${at}: memory of Envoy beyond an empty one`,
      ours: `${megabytes(ours.allocated)} (resident ${megabytes(ours.rss)})`,
      against: `classic: ${megabytes(peer.allocated)}`,
      ratio: ours.allocated / peer.allocated,
    }),
    promised(rules, 1 / 50, {
      question: `${at}: first load, push to ACK`,
      ours: milliseconds(ours.firstLoadMs),
      against: `classic: ${milliseconds(peer.firstLoadMs)}`,
      ratio: ours.firstLoadMs / peer.firstLoadMs,
    }),
    ...CHANGES.map((change) =>
      promised(rules, 1 / 50, {
        question: `${at}: one ${change} rule changed, push to ACK`,
        ours: milliseconds(ours.changeMs[change]),
        against: `classic: ${milliseconds(peer.changeMs[change])}`,
        ratio: ours.changeMs[change] / peer.changeMs[change],
      }),
    ),
  ];
}

function mainThread(rules: number, { mainMs }: MeasuredCost): Measured {
  const worst = Math.max(...CHANGES.map((change) => mainMs[change]));
  return promised(rules, 1, {
    question: `${count(rules)} rules: CPU of Envoy's main thread for one change`,
    ours: CHANGES.map((change) => `${change} ${milliseconds(mainMs[change])}`).join(", "),
    against: milliseconds(MAX_MAIN_MS),
    ratio: worst / MAX_MAIN_MS,
  });
}
