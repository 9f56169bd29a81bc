/**
 * One control plane and up to 1,000 sidecars, against Kuma's of the same numbers: connecting them all, one rule changed
 * until the last has acknowledged, CPU, bytes and memory. Kuma's figures are of another run, on such a machine, with TLS
 * and over loopback; its times are taken as much shorter as this machine seems faster (`factorToThisMachine`).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Fleet, type Shape, startFleet } from "./control-plane/fleet.ts";
import { factorToThisMachine } from "./envoy-scale/kuma.ts";
import { count, median, megabytes, milliseconds } from "./envoy-scale/statistics.ts";
import type { Measured } from "./run.ts";

const CHANGES = 7;
/** Until what a burst of work left behind is collected. */
const SETTLE_MS = 3_000;
const MIB = 1 << 20;

/** What Kuma 2.9.13's control plane took: medians; where there were two runs, the better one. */
interface Peer {
  readonly ackMs: number;
  readonly cpuMs: number;
  readonly bytes: number;
  readonly idle: number;
  readonly peak: number;
  readonly configured?: { readonly ms: number; readonly cpuMs: number };
}

const KUMA: readonly (readonly [Shape, Peer])[] = [
  [
    { sidecars: 100, rules: 100, distinct: false },
    { ackMs: 1_991, cpuMs: 830, bytes: 49_341, idle: 174 * MIB, peak: 177 * MIB },
  ],
  [
    { sidecars: 1_000, rules: 100, distinct: false },
    {
      ...{ ackMs: 5_672, cpuMs: 8_900, bytes: 59_444, idle: 993 * MIB, peak: 1_215 * MIB },
      configured: { ms: 106_000, cpuMs: 144_000 },
    },
  ],
  [
    { sidecars: 100, rules: 1_000, distinct: false },
    { ackMs: 2_381, cpuMs: 3_600, bytes: 432_956, idle: 655 * MIB, peak: 840 * MIB },
  ],
];

/** Ours ÷ Kuma's. */
const LIMITS = { ack: 1 / 2, cpu: 1 / 10, bytes: 1 / 10, memory: 3 / 4, configured: 1 / 10, configuredCpu: 1 / 50 };
/** Of memory for rules: that of sidecars which share them ÷ that of as many which do not. */
const MAX_SHARED = 1 / 4;
const MAX_COPIES = 2.5;

export async function run(): Promise<readonly Measured[]> {
  const { factor, said } = factorToThisMachine();
  const measured: Measured[] = [];
  for (const [shape, peer] of KUMA)
    measured.push(...againstKuma(shape, await withFleet(shape, changes), peer, factor, said));
  return [...measured, await againstCopies(), await againstDistinct()];
}

/**
 * What rules cost for each sidecar more, where all have the same: buffers of the burst that V8 has not collected yet, the
 * size of one copy or two. Where something was kept for each, it would be four.
 */
async function againstCopies(): Promise<Measured> {
  const [few, many] = [await idleOf(SIDECARS, 100, false), await idleOf(SIDECARS, 1_000, false)];
  const perSidecar = (many.idle - few.idle) / SIDECARS;
  const wire = many.bytes - few.bytes;
  return {
    question: `${count(SIDECARS)} sidecars: memory for 900 rules more that all have, a sidecar`,
    ours: `${count(Math.round(perSidecar))} bytes, ${megabytes(many.idle - few.idle)} in all`,
    against: `${count(wire)} bytes of these rules on the wire, once`,
    ratio: perSidecar / wire,
    limit: MAX_COPIES,
  };
}

async function againstDistinct(): Promise<Measured> {
  const few = await idleOf(100, 100, false);
  const shared = (await idleOf(100, 1_000, false)).idle - few.idle;
  const own = (await idleOf(100, 1_000, true)).idle - few.idle;
  return {
    question: "100 sidecars: memory for 900 rules more, the same for all",
    ours: megabytes(shared),
    against: `${megabytes(own)} where each has rules of its own`,
    ratio: shared / own,
    limit: MAX_SHARED,
  };
}

const SIDECARS = 1_000;

/** Bytes resident when all are configured, and sent to each for that. */
const idleOf = (sidecars: number, rules: number, distinct: boolean) =>
  withFleet({ sidecars, rules, distinct }, async (fleet) => {
    await sleep(SETTLE_MS);
    return { idle: fleet.memory().now, bytes: fleet.configured.bytes };
  });

interface Found {
  readonly configured: Fleet["configured"];
  readonly acks: readonly number[];
  readonly cpuMs: number;
  readonly bytes: number;
  readonly idle: number;
  readonly peak: number;
}

async function withFleet<T>(shape: Shape, work: (fleet: Fleet) => Promise<T>): Promise<T> {
  const fleet = await startFleet(shape);
  try {
    return await work(fleet);
  } finally {
    await fleet.close();
  }
}

async function changes(fleet: Fleet): Promise<Found> {
  await sleep(SETTLE_MS);
  const { now: idle } = fleet.memory();
  const costs: Awaited<ReturnType<Fleet["changeOneRule"]>>[] = [];
  for (let i = 0; i < CHANGES; i++) costs.push(await fleet.changeOneRule());
  return {
    configured: fleet.configured,
    acks: costs.map(({ ms }) => ms),
    cpuMs: median(costs.map((one) => one.cpuMs)),
    bytes: Math.max(...costs.map((one) => one.bytes)),
    idle,
    peak: fleet.memory().peak,
  };
}

const titleOf = ({ sidecars, rules }: Shape): string => `${count(sidecars)} sidecars × ${count(rules)} rules`;

function againstKuma(shape: Shape, found: Found, peer: Peer, factor: number, said: string): Measured[] {
  const title = titleOf(shape);
  const time = (question: string, ours: number, kuma: number, limit: number, more = ""): Measured => ({
    question: `${title}: ${question}`,
    ours: `${milliseconds(ours)}${more}`,
    against: `Kuma, ${milliseconds(kuma)}${said}`,
    ratio: ours / (kuma * factor),
    limit,
  });
  const size = (question: string, ours: number, kuma: number, limit: number, say = megabytes): Measured => ({
    question: `${title}: ${question}`,
    ours: say(ours),
    against: `Kuma, ${say(kuma)}`,
    ratio: ours / kuma,
    limit,
  });
  const range = ` (${milliseconds(Math.min(...found.acks))} to ${milliseconds(Math.max(...found.acks))})`;
  const { configured } = found;
  return [
    ...(peer.configured === undefined
      ? []
      : [
          time("connecting until all are configured", configured.ms, peer.configured.ms, LIMITS.configured),
          time("CPU of that", configured.cpuMs, peer.configured.cpuMs, LIMITS.configuredCpu),
        ]),
    time(
      `one rule changed, until the last ACK, median of ${CHANGES}`,
      median(found.acks),
      peer.ackMs,
      LIMITS.ack,
      range,
    ),
    time("CPU of the control plane for that", found.cpuMs, peer.cpuMs, LIMITS.cpu),
    size("bytes to each sidecar for that", found.bytes, peer.bytes, LIMITS.bytes, count),
    size("memory of the control plane", found.idle, peer.idle, LIMITS.memory),
    size("memory of the control plane at its peak", found.peak, peer.peak, LIMITS.memory),
  ];
}
