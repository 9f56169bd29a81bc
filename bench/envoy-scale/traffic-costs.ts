/** New connections with few and with many rules, kept ones over changes, and many destinations in a row. */
import { setTimeout as sleep } from "node:timers/promises";
import type { EffectivePolicy } from "../../src/policy/model/index.ts";
import { mixedRule } from "../rule-mix.ts";
import type { Measured } from "../run.ts";
import { type Bed, startBed } from "./bed.ts";
import { promised } from "./floors.ts";
import { mainThreadMs } from "./process-figures.ts";
import { CHANGES, policyOf, policyOfMix, read, withChange } from "./rules.ts";
import { count, median, milliseconds } from "./statistics.ts";
import { bytesTo, httpTo, type Rate, startTraffic, type Target, type Traffic, tlsTo } from "./traffic.ts";

const FEW = 10;
const ROUNDS = 21;
const ROUND_MS = 400;
const PARALLEL = 8;
/** New connections at 10,000 rules are at least nine tenths of those at ten. */
const MAX_TIME_RATIO = 1 / 0.9;

interface Running {
  readonly bed: Bed;
  readonly traffic: Traffic;
}

export async function trafficCosts(envoy: string, rules: number): Promise<Measured[]> {
  const beds: Bed[] = [];
  const begin = async (size: number): Promise<Running> => {
    const bed = await startBed(envoy, policyOfMix(size));
    beds.push(bed);
    return { bed, traffic: await startTraffic(bed.testbed) };
  };
  try {
    const [few, many] = [await begin(FEW), await begin(rules)];
    return [
      ...(await newConnections(few, many, rules)),
      await keptConnections(many, rules),
      ...(await manyDestinations(many, rules)),
    ];
  } finally {
    for (const bed of beds) await bed.close();
  }
}

/** A TLS name of the mix: the first, or the last before `rules`. */
function tlsRule(rules: number, which: "first" | "last"): Target {
  const last = Math.min(Math.floor((rules - 1) / 10) * 10 + 4, rules - 1);
  return tlsTo(mixedRule(which === "first" ? 0 : last).value);
}

async function newConnections(few: Running, many: Running, rules: number): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const which of ["first", "last"] as const) {
    const [rates, ratios]: [{ few: Rate; many: Rate }[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const atFew = () => loaded(few, tlsRule(FEW, which));
      const atMany = () => loaded(many, tlsRule(rules, which));
      // By turns also within a round: what changes slowly meets both alike.
      const [a, b] = round % 2 === 0 ? [await atFew(), await atMany()] : (await inOrder(atMany, atFew)).reverse();
      if (a === undefined || b === undefined) continue;
      rates.push({ few: a, many: b });
      ratios.push(a.perSecond / b.perSecond);
    }
    const say = (side: "few" | "many"): string => {
      const of = (figure: keyof Rate) => median(rates.map((rate) => rate[side][figure]));
      return `${count(Math.round(of("perSecond")))}/s, p50 ${milliseconds(of("p50Ms"))}, p99 ${milliseconds(of("p99Ms"))}`;
    };
    measured.push(
      promised(rules, MAX_TIME_RATIO, {
        question: `new connections at the ${which} of ${count(rules)} rules: time of one, median of ${ROUNDS} interleaved`,
        ours: say("many"),
        against: `with ${FEW} rules: ${say("few")}`,
        ratio: median(ratios),
      }),
    );
  }
  return measured;
}

async function inOrder<T>(first: () => Promise<T>, second: () => Promise<T>): Promise<T[]> {
  const one = await first();
  return [one, await second()];
}

/** All connections are answered: they are allowed, and a rate of failures would mean nothing. */
async function loaded({ traffic }: Running, target: Target): Promise<Rate> {
  const rate = await traffic.load({ target, parallel: PARALLEL, forMs: ROUND_MS });
  if (rate.failed > 0 || rate.answered === 0)
    throw new Error(`${rate.failed} of ${rate.answered + rate.failed} connections failed`);
  return rate;
}

const KEPT = [
  { target: tlsTo(mixedRule(1).value), count: 120 },
  { target: httpTo(mixedRule(7).value), count: 40 },
  { target: bytesTo("198.18.0.0", 9_000), count: 40 },
];
const EDITS = 10;

async function keptConnections({ bed, traffic }: Running, rules: number): Promise<Measured> {
  let opened = 0;
  for (const { target, count: wanted } of KEPT) {
    const { alive, dead } = await traffic.hold(target, wanted);
    if (dead > 0) throw new Error(`${dead} of ${wanted} connections could not be opened`);
    opened += alive;
  }
  let policy = policyOfMix(rules);
  for (let k = 0; k < EDITS; k++)
    for (const change of CHANGES) {
      policy = withChange(policy, change, k);
      await bed.push(policy);
    }
  const { alive, dead } = await traffic.exercise();
  return promised(rules, 0, {
    question: `${count(rules)} rules: connections dropped by ${EDITS * CHANGES.length} changes of another rule`,
    ours: `${dead} of ${opened} (TLS, HTTP, plain), ${alive} answer`,
    against: "none",
    ratio: dead,
  });
}

const DESTINATIONS = 20_000;
const CHUNK = 1_000;
/** What one more destination costs, beside one of the first thousand. */
const MAX_GROWTH = 3;
/** Clusters forget destinations after this; the next run starts with none. */
const FORGET_MS = 11_000;

async function manyDestinations({ bed, traffic }: Running, rules: number): Promise<Measured[]> {
  const mix = policyOfMix(rules);
  const cidr = { type: "CIDR", value: "20.0.0.0/8", port: 5432, protocol: "tcp" } as const;
  const all: EffectivePolicy = { ...policyOf([]), mode: { value: "All", source: "default" } };
  const ways: readonly { readonly name: string; readonly policy: EffectivePolicy; readonly target: Target }[] = [
    { name: "under one name", policy: mix, target: tlsTo(mixedRule(0).value, "20.0.0.0") },
    {
      name: "under one block",
      policy: { ...mix, rules: [...mix.rules, ...policyOf([read(cidr)]).rules] },
      target: bytesTo("20.0.0.0", 5432),
    },
    { name: "in mode All", policy: all, target: bytesTo("20.0.0.0", 5432) },
  ];
  const measured: Measured[] = [];
  for (const { name, policy, target } of ways) {
    await bed.push(policy);
    await sleep(FORGET_MS);
    measured.push(
      promised(rules, MAX_GROWTH, {
        question: `${count(DESTINATIONS)} destinations ${name}: main-thread CPU of a new one, worst thousand`,
        ...(await destinations(bed, traffic, target)),
      }),
    );
  }
  return measured;
}

async function destinations(
  bed: Bed,
  traffic: Traffic,
  target: Target,
): Promise<Pick<Measured, "ours" | "against" | "ratio">> {
  const costs: number[] = [];
  const rates: number[] = [];
  const admin = watchAdmin(bed);
  try {
    for (let distinct = 0; distinct < DESTINATIONS; distinct += CHUNK) {
      const before = mainThreadMs(bed.envoy);
      const { failed, perSecond } = await traffic.load({ target, parallel: PARALLEL, count: CHUNK, distinct });
      if (failed > 0) throw new Error(`${failed} of ${CHUNK} connections failed`);
      costs.push((1000 * (mainThreadMs(bed.envoy) - before)) / CHUNK);
      rates.push(perSecond);
    }
  } finally {
    await admin.stop();
  }
  const [first = Number.NaN, ...later] = costs;
  const worst = Math.max(...later);
  return {
    ours: `${worst.toFixed(0)} µs (${count(Math.round(median(rates)))}/s, admin at worst after ${milliseconds(admin.worstMs)})`,
    against: `the first thousand: ${first.toFixed(0)} µs`,
    ratio: worst / first,
  };
}

/** Asks Envoy's main thread again and again: how long does it keep one waiting? */
function watchAdmin(bed: Bed): { readonly worstMs: number; stop(): Promise<void> } {
  let worstMs = 0;
  let isOver = false;
  const watch = async (): Promise<void> => {
    while (!isOver) {
      const asked = performance.now();
      await bed.admin("/ready").catch(() => undefined);
      worstMs = Math.max(worstMs, performance.now() - asked);
      await sleep(20);
    }
  };
  const done = watch();
  return {
    get worstMs() {
      return worstMs;
    },
    stop() {
      isOver = true;
      return done;
    },
  };
}
