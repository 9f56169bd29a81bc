import { decide } from "../../policy/decide/index.ts";
import { type Connection, type EffectivePolicy, formatConnection } from "../../policy/model/index.ts";
import type { OpenConnections, PassedConnection } from "../report/index.ts";
import { type Conntrack, type TcpPair, type TcpSocket, tupleKey } from "../sockets/index.ts";
import { factsOf, isAdmittedByAddress, type Loss, mayConcern, mayConcernDestination } from "./connection-facts.ts";

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

/**
 * What is in force; between Envoy's change and the news of it there are two that may have admitted a connection, and
 * only what both deny is denied.
 */
export type Now = readonly EffectivePolicy[];

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
}

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
    const found = factsOf(connection, rawPort, connection.startedAt < at ? before : after);
    facts.set(connection, found);
    return found;
  };
  const doomed = (record: PassedConnection, what: Connection): Doomed => ({
    ...{ pair: record.pair, destination: record.destination },
    ...{ what, record },
  });

  const unexplained: Judge["unexplained"] = (sockets, now, loss) =>
    [...sockets].flatMap((pair): Doomed[] => {
      if (connections.knows(pair)) return [];
      const destination = conntrack?.originalDestination(pair);
      if (destination === undefined) return [{ pair, destination: pair.own }];
      const isSafe =
        !mayConcernDestination(loss, destination) || now.some((policy) => isAdmittedByAddress(policy, destination));
      return isSafe ? [] : [{ pair, destination }];
    });

  return {
    async passed(change, now, loss) {
      const found: Doomed[] = [];
      for await (const connection of inSlices(connections.passed())) {
        const what = whatIs(connection, change);
        if (mayConcern(loss, what) && isDenied(now, what)) found.push(doomed(connection, what));
      }
      return found;
    },
    one(connection, change, now) {
      const what = whatIs(connection, change);
      return isDenied(now, what) ? doomed(connection, what) : undefined;
    },
    requests({ at }, now) {
      return connections.http().flatMap(({ pair, requests }) => {
        const early = requests.filter(({ startedAt }) => startedAt < at + WORKERS_LAG_MS);
        const what = early.find(({ request }) => isDenied(now, request))?.request;
        return what === undefined ? [] : [{ pair, what, destination: what.destination }];
      });
    },
    still({ record, what, pair, destination }, change, now) {
      if (record !== undefined) return connections.knows(pair) && isDenied(now, whatIs(record, change));
      if (what === undefined) return !now.some((policy) => isAdmittedByAddress(policy, destination));
      const running = connections.http().find((one) => tupleKey(one.pair) === tupleKey(pair))?.requests ?? [];
      return running.some(({ request }) => formatConnection(request) === formatConnection(what)) && isDenied(now, what);
    },
    unexplained,
  };
}

const isDenied = (now: Now, what: Connection): boolean => now.every((policy) => decide(policy, what).kind === "deny");

async function* inSlices<T>(items: Iterable<T>): AsyncGenerator<T> {
  let until = performance.now() + SLICE_MS;
  for (const item of items) {
    yield item;
    if (performance.now() < until) continue;
    await new Promise((next) => setImmediate(next));
    until = performance.now() + SLICE_MS;
  }
}
