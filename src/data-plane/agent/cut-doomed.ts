import { decide } from "../../policy/decide/index.ts";
import { type Connection, type EffectivePolicy, formatConnection } from "../../policy/model/index.ts";
import { renderReasons } from "../../policy/why/index.ts";
import type { Log } from "../host/index.ts";
import type { OpenConnections, PassedConnection } from "../report/index.ts";
import { type Conntrack, type Cutter, formatEndpoint, type TcpSocket, tupleKey } from "../sockets/index.ts";
import type { Doomed } from "./doomed.ts";

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

/** Cuts what is still open of a list, and reports it. `now` says why. */
type CutDoomed = (doomed: readonly Doomed[], now: EffectivePolicy) => Promise<void>;

export function cutDoomed({ cutter, conntrack, ports, report }: RevocationSettings): CutDoomed {
  /** Cut already: whatever has their addresses and ports by now is another connection. */
  const over = new WeakSet<PassedConnection>();

  /** Ports are used again; a record of a connection that is gone may be older than the news of its end. */
  const isStill = ({ record, destination }: Doomed, socket: TcpSocket): boolean => {
    if (record !== undefined && over.has(record)) return false;
    const found = conntrack?.originalDestination(socket);
    return found === undefined || formatEndpoint(found) === formatEndpoint(destination);
  };

  return async (doomed, now) => {
    if (doomed.length === 0) return;
    const open = new Map(cutter.open(ports()).map((socket) => [tupleKey(socket), socket]));
    const found = doomed.flatMap((one) => {
      const socket = open.get(tupleKey(one.pair));
      return socket === undefined || !isStill(one, socket) ? [] : [{ ...one, socket }];
    });
    const outcomes = await cutter.cut(found.map(({ socket }) => socket));
    for (const [i, { what, destination, record, socket }] of found.entries()) {
      const outcome = outcomes[i]?.kind ?? "kept";
      if (outcome === "cut") conntrack?.forget(socket);
      if (record !== undefined && outcome === "cut") over.add(record);
      report(line(what, destination, outcome, now));
    }
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
