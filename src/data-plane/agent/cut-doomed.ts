import { decide } from "../../policy/decide/index.ts";
import { type EffectivePolicy, formatConnection, type RevocationMode } from "../../policy/model/index.ts";
import { renderReasons } from "../../policy/why/index.ts";
import type { Log } from "../host/index.ts";
import type { OpenConnections, PassedConnection } from "../report/index.ts";
import { type Conntrack, type Cutter, formatEndpoint, type TcpSocket, tupleKey } from "../sockets/index.ts";
import type { Doomed } from "./doomed.ts";

/** One line of the report: a connection that a change forbade was cut, has a time to end, or is kept. */
export interface CutLine {
  readonly kind: "cut" | "draining" | "kept";
  readonly time: string;
  readonly destination: string;
  /** Absent for a socket whose beginning nobody saw. */
  readonly connection?: string;
  /** Of a cut: `cut`, `pending` (reset at its next byte) or `kept` (why: in the log). */
  readonly outcome?: string;
  /** Of one that has a time: when it is cut if it is still open. */
  readonly until?: string;
  readonly reason: readonly string[];
}

export interface RevocationSettings {
  readonly connections: OpenConnections;
  readonly cutter: Cutter;
  readonly conntrack: Conntrack | undefined;
  readonly rawPort: number | undefined;
  /** Ports of Envoy's listeners as of now. */
  readonly ports: () => readonly number[];
  /** Where the policy does not say it. */
  readonly revocation: RevocationMode;
  readonly report: (line: CutLine) => void;
  readonly log: Log;
}

export interface CutDoomed {
  /** Those that are still open. */
  open(doomed: readonly Doomed[]): (Doomed & { readonly socket: TcpSocket })[];
  /** Cuts what is still open, and reports it. `now` says why. */
  cut(doomed: readonly Doomed[], now: EffectivePolicy): Promise<void>;
}

export function cutDoomed({ cutter, conntrack, ports, report }: RevocationSettings): CutDoomed {
  /** Cut already: whatever has their addresses and ports by now is another connection. */
  const over = new WeakSet<PassedConnection>();

  /** Ports are used again; a record of a connection that is gone may be older than the news of its end. */
  const isStill = ({ record, destination }: Doomed, socket: TcpSocket): boolean => {
    if (record !== undefined && over.has(record)) return false;
    const found = conntrack?.originalDestination(socket);
    return found === undefined || formatEndpoint(found) === formatEndpoint(destination);
  };
  const open: CutDoomed["open"] = (doomed) => {
    if (doomed.length === 0) return [];
    const sockets = new Map(cutter.open(ports()).map((socket) => [tupleKey(socket), socket]));
    return doomed.flatMap((one) => {
      const socket = sockets.get(tupleKey(one.pair));
      return socket === undefined || !isStill(one, socket) ? [] : [{ ...one, socket }];
    });
  };

  return {
    open,
    async cut(doomed, now) {
      const found = open(doomed);
      if (found.length === 0) return;
      const outcomes = await cutter.cut(found.map(({ socket }) => socket));
      for (const [i, one] of found.entries()) {
        const outcome = outcomes[i]?.kind ?? "kept";
        if (outcome === "cut") conntrack?.forget(one.socket);
        if (one.record !== undefined && outcome === "cut") over.add(one.record);
        report(lineOf(one, now, { kind: "cut", outcome }));
      }
    },
  };
}

/** `now` says why. */
export function lineOf(
  { what, destination }: Doomed,
  now: EffectivePolicy,
  outcome: Pick<CutLine, "kind" | "outcome" | "until">,
): CutLine {
  return {
    ...outcome,
    time: new Date().toISOString(),
    destination: formatEndpoint(destination),
    ...(what === undefined
      ? { reason: ["nobody saw what it is, and its address alone is not admitted"] }
      : { connection: formatConnection(what), reason: renderReasons(decide(now, what)) }),
  };
}
