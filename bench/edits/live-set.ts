import type { ConnectionText, EffectivePolicy } from "../../src/policy/model/index.ts";
import { type End, probeFor } from "../../src/testbed/index.ts";
import { answerOf, connectionOf, type Held, isDenied, judge, takenAs } from "../../test/e2e/held-connections.ts";
import * as random from "../../test/e2e/random-policies.ts";
import type { Product } from "../../test/engines/product.ts";
import type { Tally } from "../edits.ts";

export const KINDS = ["opaque", "tls", "http", "ws", "h2c", "grpc"] as const;

/** The connections that are open, and what was expected of them in vain. */
export interface LiveSet {
  readonly size: number;
  all(): readonly Held[];
  /** Open what is allowed and missing, at most so many. */
  refill(policy: EffectivePolicy, atMost: number): Promise<void>;
  /** Connections that could be opened and fit. */
  candidates(count: number, fits: (connection: ConnectionText) => boolean): string[];
  sample(count: number, next: () => number): Held[];
  expectAnswer(one: Held, wanted: string, when: string): Promise<void>;
  /** A new connection must not reach its destination. */
  expectDenied(text: string, when: string): Promise<void>;
  ends(): Promise<ReadonlyMap<number, End>>;
  noneLost(policy: EffectivePolicy, when: string): Promise<void>;
  forget(these: readonly Held[]): Promise<void>;
  close(): Promise<void>;
}

interface OfKind extends Held {
  readonly kind: string;
}

const AT_A_TIME = 16;
const WAIT_MS = 5_000;

export function liveSet({ testbed }: Product, next: () => number, each: number, tally: Tally): LiveSet {
  const { prober } = testbed;
  const held = new Map<number, OfKind>();
  const fault = (text: string) => void tally.faults.push(text);

  const open = async (kind: string, text: string, policy: EffectivePolicy): Promise<void> => {
    const connection = connectionOf(text);
    const live = await prober.hold(probeFor(connection));
    tally.opened++;
    if (live.opened.answer !== "pass") {
      fault(`${text} when it was opened: ${JSON.stringify(live.opened)}`);
      await live.close();
      return;
    }
    held.set(live.id, { text, kind, connection, taken: takenAs(policy, connection), live });
  };
  const set: LiveSet = {
    get size() {
      return held.size;
    },
    all: () => [...held.values()],
    async refill(policy, atMost) {
      const missing = KINDS.flatMap((kind) => {
        const have = [...held.values()].filter((one) => one.kind === kind).length;
        const allowed = texts(kind).filter((text) => !isDenied(policy, connectionOf(text)));
        return allowed.length === 0
          ? []
          : Array.from({ length: each - have }, () => ({ kind, text: random.pick(next, allowed) }));
      });
      const queue = missing.slice(0, atMost).values();
      const worker = async () => {
        for (const { kind, text } of queue) await open(kind, text, policy);
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    },
    candidates(count, fits) {
      const fitting = KINDS.flatMap((kind) => texts(kind)).filter((text) => fits(connectionOf(text)));
      return fitting.length === 0 ? [] : Array.from({ length: count }, () => random.pick(next, fitting));
    },
    sample(count, random01) {
      const all = [...held.values()];
      return all.length === 0 ? [] : Array.from({ length: count }, () => random.pick(random01, all));
    },
    async expectAnswer(one, wanted, when) {
      tally.exchanges++;
      const answer = await answerOf(one.live, WAIT_MS);
      if (answer !== wanted) fault(`${one.text} (taken ${one.taken}) ${when}: ${answer}, not ${wanted}`);
    },
    async expectDenied(text, when) {
      tally.deniedTries++;
      const { answer } = await prober.probe({ ...probeFor(connectionOf(text)), waitMs: WAIT_MS });
      if (answer === "pass") fault(`${text} got through ${when}`);
    },
    ends: () => prober.ends(),
    async noneLost(policy, when) {
      const ends = await prober.ends();
      const lost = [...held.values()].filter((one) => ends.has(one.live.id));
      for (const one of lost)
        if (judge(policy, one) === "stays")
          fault(`${one.text} (taken ${one.taken}) was lost by ${when}: ${JSON.stringify(ends.get(one.live.id))}`);
      await set.forget(lost);
    },
    async forget(these) {
      for (const { live } of these) held.delete(live.id);
      await Promise.all(these.map(({ live }) => live.close()));
    },
    close: () => set.forget([...held.values()]),
  };
  return set;
}

/** Every connection of a kind, over the few addresses, names and ports that rules are about. */
function texts(kind: (typeof KINDS)[number]): string[] {
  return random.ADDRESSES.flatMap((ip) => {
    const at = ip.includes(":") ? `[${ip}]` : ip;
    if (kind === "opaque") return [`opaque://${at}:${random.TCP_PORT}`];
    const ports = kind === "tls" ? [random.TLS_PORT] : random.HTTP_PORTS;
    return random.NAMES.flatMap((name) => ports.map((port) => `${kind}://${name}:${port}@${at}`));
  });
}
