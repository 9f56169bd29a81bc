import { decide } from "../../policy/decide/index.ts";
import {
  factsOf,
  forbids,
  isAdmittedByAddress,
  isDenied,
  type LiveConnection,
  type Loss,
  type Now,
} from "../../policy/impact/index.ts";
import { type Connection, type EffectivePolicy, formatConnection } from "../../policy/model/index.ts";
import type { HttpConnection, OpenConnections, PassedConnection } from "../report/index.ts";
import { type Conntrack, type TcpPair, type TcpSocket, tupleKey } from "../sockets/index.ts";

export interface Change {
  readonly before: EffectivePolicy;
  readonly after: EffectivePolicy;
  /** Since when `after` is in force, ms since 1970. */
  readonly at: number;
}

/** An open connection that the rules no longer admit. */
export interface Doomed {
  readonly pair: TcpPair;
  /** Absent for a socket whose beginning nobody saw. */
  readonly what?: Connection;
  readonly destination: Connection["destination"];
  /** The record that it was found by; absent for requests and for sockets without a record. */
  readonly record?: PassedConnection;
}

/** An open connection as it is judged. */
export interface Live {
  readonly pair: TcpPair;
  readonly live: LiveConnection;
  /** Undefined: nobody knows where it goes. */
  readonly destination: Connection["destination"] | undefined;
  /** ms since 1970. */
  readonly startedAt?: number;
  readonly record?: PassedConnection;
}

/** Finds what a change forbids. `now` is in force when it looks: the change may be over already. */
export interface Judge {
  /** Takes a while with many connections, and lets others have their turns. */
  passed(change: Change, now: Now, loss: Loss): Promise<Doomed[]>;
  /** One alone, of which nothing is known but that it began at about the time of the change. */
  one(connection: PassedConnection, change: Change, now: Now): Doomed | undefined;
  /** Requests that began under earlier rules and still run; later ones were decided by Envoy. */
  requests(change: Change, now: Now): Doomed[];
  /** Does what was found some time ago still hold? */
  still(one: Doomed, change: Change, now: Now): boolean;
  /** Sockets that no record explains. */
  unexplained(sockets: Iterable<TcpSocket>, now: Now, loss: Loss): Doomed[];
  /** All that is open, by records and by these sockets that no record explains; as of now, under what is in force. */
  live(sockets: Iterable<TcpSocket>, inForce: EffectivePolicy): Live[];
}

/** What a change forbids of one connection. */
export function doomedOf({ pair, live, destination, record }: Live, now: Now, loss: Loss): Doomed | undefined {
  const forbidden = forbids(now, loss, live);
  if (forbidden === undefined) return undefined;
  const to = forbidden.what?.destination ?? destination ?? pair.own;
  return { pair, ...forbidden, destination: to, ...(record !== undefined && { record }) };
}

const ANYTHING: Loss = { kind: "anything" };

/** Envoy's workers follow its main thread within this time. */
const WORKERS_LAG_MS = 20;
/** Others get a turn after this long. */
const SLICE_MS = 10;

export function judgeOf(
  connections: OpenConnections,
  conntrack: Conntrack | undefined,
  rawPort: number | undefined,
): Judge {
  const facts = new WeakMap<PassedConnection, Connection>();

  /** What it is does not change any more once it was asked: under the policy that admitted it. */
  const whatIs = (connection: PassedConnection, { before, after, at }: Change): Connection => {
    const known = facts.get(connection);
    if (known !== undefined) return known;
    const then = connection.startedAt < at ? before : after;
    const found = factsOf(connection, rawPort, (what) => decide(then, what).kind === "allow");
    facts.set(connection, found);
    return found;
  };
  const passed = (record: PassedConnection, change: Change): Live => {
    const { pair, destination, startedAt } = record;
    return { pair, live: { kind: "passed", what: whatIs(record, change) }, destination, startedAt, record };
  };
  const unseen = (sockets: Iterable<TcpSocket>): Live[] =>
    [...sockets].flatMap((pair): Live[] => {
      if (connections.knows(pair)) return [];
      const destination = conntrack?.originalDestination(pair);
      return [{ pair, live: { kind: "unseen", destination }, destination }];
    });

  return {
    async passed(change, now, loss) {
      const found: Doomed[] = [];
      for await (const connection of inSlices(connections.passed()))
        found.push(...listOf(doomedOf(passed(connection, change), now, loss)));
      return found;
    },
    one: (connection, change, now) => doomedOf(passed(connection, change), now, ANYTHING),
    requests({ at }, now) {
      return connections.http().flatMap(({ pair, requests }) => {
        const early = requests.filter(({ startedAt }) => startedAt < at + WORKERS_LAG_MS);
        return listOf(doomedOf(withRequests({ pair, requests: early }), now, ANYTHING));
      });
    },
    unexplained: (sockets, now, loss) => unseen(sockets).flatMap((one) => listOf(doomedOf(one, now, loss))),
    live(sockets, inForce) {
      const change: Change = { before: inForce, after: inForce, at: 0 };
      return [
        ...Array.from(connections.passed(), (record) => passed(record, change)),
        ...connections.http().map(withRequests),
        ...unseen(sockets),
      ];
    },
    still({ record, what, pair, destination }, change, now) {
      if (record !== undefined) return connections.knows(pair) && isDenied(now, whatIs(record, change));
      if (what === undefined) return !now.some((policy) => isAdmittedByAddress(policy, destination));
      const running = connections.http().find((one) => tupleKey(one.pair) === tupleKey(pair))?.requests ?? [];
      return running.some(({ request }) => formatConnection(request) === formatConnection(what)) && isDenied(now, what);
    },
  };
}

const listOf = <T>(one: T | undefined): T[] => (one === undefined ? [] : [one]);

/** Requests of one connection go to one destination. */
function withRequests({ pair, requests }: HttpConnection): Live {
  const all = requests.map(({ request }) => request);
  const startedAt = Math.min(...requests.map((one) => one.startedAt));
  return { pair, live: { kind: "requests", requests: all }, destination: all[0]?.destination, startedAt };
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
