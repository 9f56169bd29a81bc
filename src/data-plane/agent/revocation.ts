/**
 * Open connections after a change: those that the rules no longer admit are cut, one by one, on the workload's side.
 *
 *   change accepted ──▶ what Envoy passes through ─▶ cut ──(one flush interval)──▶ the same again, running requests,
 *                       and sockets that nobody can explain ─▶ cut
 *
 * Nothing else is ever touched: a socket is named by its addresses, its ports and the kernel's cookie.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { LOG_FLUSH_MS } from "../../compile/envoy/index.ts";
import { decide } from "../../policy/decide/index.ts";
import { type Connection, type EffectivePolicy, formatConnection } from "../../policy/model/index.ts";
import { renderReasons } from "../../policy/why/index.ts";
import { errorText, type Log } from "../host/index.ts";
import type { OpenConnections, PassedConnection } from "../report/index.ts";
import {
  type Conntrack,
  type Cutter,
  formatEndpoint,
  type TcpPair,
  type TcpSocket,
  tupleKey,
} from "../sockets/index.ts";
import { factsOf, isAdmittedByAddress, type Loss, lossOf, mayConcern } from "./connection-facts.ts";

/** One line of the report. */
export interface CutLine {
  readonly kind: "cut";
  readonly time: string;
  readonly destination: string;
  /** Absent for a socket whose beginning nobody saw. */
  readonly connection?: string;
  /** `cut`, `pending` (reset at its next byte) or `kept` (why: in the log). */
  readonly outcome: string;
  readonly reason: readonly string[];
}

export interface RevocationSettings {
  readonly connections: OpenConnections;
  readonly cutter: Cutter;
  readonly conntrack: Conntrack | undefined;
  readonly rawPort: number | undefined;
  /** Ports of Envoy's listeners as of now. */
  readonly ports: () => readonly number[];
  readonly report: (line: CutLine) => void;
  readonly log: Log;
}

export interface Revocation {
  /** What an earlier agent left: these sockets are open, and only the known ones can be explained. */
  adopt(): void;
  /** `after` is in force now. Resolves after the first cuts; the second look follows by itself. */
  changed(before: EffectivePolicy, after: EffectivePolicy): Promise<void>;
  /** A connection is reported that began before the last change; `then` was in force. */
  late(connection: PassedConnection, then: EffectivePolicy): Promise<void>;
  /** Resolves when no second look is due. */
  idle(): Promise<void>;
}

interface Doomed {
  readonly pair: TcpPair;
  readonly what: Connection | undefined;
  readonly destination: Connection["destination"];
}

/** Records are late by one interval, and a little for the way. */
const SECOND_LOOK_MS = LOG_FLUSH_MS + 50;
/** Others get a turn after this long. */
const SLICE_MS = 10;

export function revocation(settings: RevocationSettings): Revocation {
  const { connections, cutter, rawPort, log } = settings;
  const facts = new WeakMap<PassedConnection, Connection>();
  let unexplained = new Map<string, TcpSocket>();
  let current: EffectivePolicy | undefined;
  let looks: Promise<void> = Promise.resolve();

  const resolve = (connection: PassedConnection, then: EffectivePolicy): Connection => {
    const known = facts.get(connection);
    if (known !== undefined) return known;
    const found = factsOf(connection, rawPort, then);
    facts.set(connection, found);
    return found;
  };
  const deniedPassed = async (then: EffectivePolicy, now: EffectivePolicy, loss: Loss): Promise<Doomed[]> => {
    const doomed: Doomed[] = [];
    for await (const connection of inSlices(connections.passed())) {
      const what = resolve(connection, then);
      if (mayConcern(loss, what) && decide(now, what).kind === "deny")
        doomed.push({ pair: connection.pair, what, destination: connection.destination });
    }
    return doomed;
  };
  const deniedRequests = (now: EffectivePolicy): Doomed[] =>
    connections.http().flatMap(({ pair, requests }) => {
      const what = requests.find((request) => decide(now, request).kind === "deny");
      return what === undefined ? [] : [{ pair, what, destination: what.destination }];
    });
  const deniedUnexplained = (now: EffectivePolicy): Doomed[] =>
    [...unexplained.values()].flatMap((pair): Doomed[] => {
      if (connections.knows(pair)) return [];
      const destination = settings.conntrack?.originalDestination(pair) ?? undefined;
      if (destination !== undefined && isAdmittedByAddress(now, destination)) return [];
      return [{ pair, what: undefined, destination: destination ?? pair.own }];
    });

  const cut = async (doomed: readonly Doomed[], now: EffectivePolicy): Promise<void> => {
    if (doomed.length === 0) return;
    const open = new Map(cutter.open(settings.ports()).map((socket) => [tupleKey(socket), socket]));
    const found = doomed.flatMap((one) => {
      const socket = open.get(tupleKey(one.pair));
      return socket === undefined ? [] : [{ ...one, socket }];
    });
    const outcomes = await cutter.cut(found.map(({ socket }) => socket));
    for (const [i, { what, destination }] of found.entries())
      settings.report(line(what, destination, outcomes[i]?.kind ?? "kept", now));
  };

  const secondLook = async (then: EffectivePolicy): Promise<void> => {
    await sleep(SECOND_LOOK_MS);
    const now = current ?? then;
    const doomed = [
      ...(await deniedPassed(then, now, { kind: "anything" })),
      ...deniedRequests(now),
      ...deniedUnexplained(now),
    ];
    await cut(doomed, now);
    tidy();
  };
  /** Whatever the kernel no longer has is no longer open, also if its end was never reported. */
  const tidy = () => {
    const open = new Map(cutter.open(settings.ports()).map((socket) => [tupleKey(socket), socket]));
    connections.retain(new Set(open.keys()), Date.now() - 2 * SECOND_LOOK_MS);
    unexplained = new Map([...unexplained].filter(([key, { cookie }]) => open.get(key)?.cookie === cookie));
  };
  const safely = (what: Promise<void>): Promise<void> =>
    what.catch((error: unknown) =>
      log.error({ error: errorText(error) }, "cannot look at open connections after a change"),
    );

  return {
    adopt() {
      const open = cutter.open(settings.ports()).map((socket) => [tupleKey(socket), socket] as const);
      connections.retain(new Set(open.map(([key]) => key)), Number.POSITIVE_INFINITY);
      unexplained = new Map(open.filter(([, socket]) => !connections.knows(socket)));
    },
    async changed(before, after) {
      current = after;
      const loss = lossOf(before, after);
      await safely(deniedPassed(before, after, loss).then((doomed) => cut(doomed, after)));
      if (loss.kind !== "nothing") looks = Promise.all([looks, safely(secondLook(before))]).then(() => {});
    },
    async late(connection, then) {
      const now = current ?? then;
      const what = resolve(connection, then);
      if (decide(now, what).kind === "allow") return;
      await safely(cut([{ pair: connection.pair, what, destination: connection.destination }], now));
    },
    idle: () => looks,
  };
}

function line(
  what: Connection | undefined,
  destination: Connection["destination"],
  outcome: string,
  now: EffectivePolicy,
): CutLine {
  return {
    kind: "cut",
    time: new Date().toISOString(),
    destination: formatEndpoint(destination),
    outcome,
    ...(what === undefined
      ? { reason: ["nobody saw what it is, and its address alone is not admitted"] }
      : { connection: formatConnection(what), reason: renderReasons(decide(now, what)) }),
  };
}

async function* inSlices<T>(items: Iterable<T>): AsyncGenerator<T> {
  let until = performance.now() + SLICE_MS;
  for (const item of items) {
    yield item;
    if (performance.now() < until) continue;
    await new Promise((next) => setImmediate(next));
    until = performance.now() + SLICE_MS;
  }
}
