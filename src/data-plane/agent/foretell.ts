import { type Change, type Fate, fateOf, forbids } from "../../policy/impact/index.ts";
import type { EffectivePolicy } from "../../policy/model/index.ts";
import { type Conntrack, type TcpSocket, tupleKey } from "../sockets/index.ts";
import type { CutDoomed, RevocationSettings } from "./cut-doomed.ts";
import { type Doomed, doomedOf, type Judge, type Live } from "./doomed.ts";
import type { Farewell } from "./farewell.ts";

/** An open connection with its socket. */
export interface LiveSocket extends Live {
  readonly socket: TcpSocket;
}

/** What would become of it. */
export interface Foretold extends LiveSocket {
  readonly fate: Fate;
}

/** What revocation can say of open connections without touching them. */
export interface Foresight {
  /** All that is open now, by workload's address and port. */
  open(inForce: EffectivePolicy): LiveSocket[];
  /** What would become of each if `after` came into force now in the place of `inForce`. */
  foretell(inForce: EffectivePolicy, after: EffectivePolicy): Foretold[];
}

interface Parts {
  readonly judge: Pick<Judge, "live">;
  readonly cuts: Pick<CutDoomed, "open">;
  readonly bye: Pick<Farewell, "deadlineOf">;
  /** Sockets that no record explains. */
  readonly unexplained: () => Iterable<TcpSocket>;
}

export function foresight(
  { cutter, conntrack, ports, revocation: otherwise }: RevocationSettings,
  { judge, cuts, bye, unexplained }: Parts,
): Foresight {
  const open = (inForce: EffectivePolicy) =>
    liveSockets(judge.live(unexplained(), inForce), cuts, cutter.open(ports()), conntrack);
  return { open, foretell: (before, after) => foretell(open(before), { before, after, otherwise }, bye.deadlineOf) };
}

/**
 * Those of `known` that are still open, and the sockets that are not among them: HTTP without a request under way, or
 * too young to be known.
 */
function liveSockets(
  known: readonly Live[],
  { open }: Pick<CutDoomed, "open">,
  sockets: readonly TcpSocket[],
  conntrack: Conntrack | undefined,
): LiveSocket[] {
  const still = open(known.map(asDoomed));
  const byKey = new Map(still.map((one) => [keyOf(one), one.socket]));
  const found = known.flatMap((one): LiveSocket[] => {
    const socket = byKey.get(keyOf(one));
    return socket === undefined ? [] : [{ ...one, socket }];
  });
  const taken = new Set(found.map(tupleOf));
  const idle = sockets.filter((socket) => !taken.has(tupleKey(socket)));
  return [
    ...found,
    ...idle.map((socket): LiveSocket => {
      const destination = conntrack?.originalDestination(socket);
      return { pair: socket, socket, live: { kind: "idle" }, destination };
    }),
  ].sort(byPeer);
}

/** `deadlineOf`: what earlier changes have left to what they forbade. */
function foretell(
  open: readonly LiveSocket[],
  change: Change,
  deadlineOf: (one: Doomed) => number | undefined,
): Foretold[] {
  return open.map((one) => ({ ...one, fate: withDeadline(one, change, fateOf(change, one.live), deadlineOf) }));
}

/** What has less time already than the change would give keeps to that, as long as it is denied. */
function withDeadline(one: Live, { after }: Change, fate: Fate, deadlineOf: (one: Doomed) => number | undefined): Fate {
  if (fate.kind === "cut" || fate.kind === "kept") return fate;
  const forbidden = forbids([after], { kind: "anything" }, one.live);
  const doomed = doomedOf(one, [after], { kind: "anything" });
  const until = doomed === undefined ? undefined : deadlineOf(doomed);
  if (forbidden === undefined || until === undefined) return fate;
  if (until === Number.POSITIVE_INFINITY) return fate.kind === "drains" ? fate : { kind: "kept", ...forbidden };
  const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1_000));
  return fate.kind === "drains" && fate.seconds < seconds ? fate : { kind: "drains", seconds, ...forbidden };
}

const asDoomed = ({ pair, destination, record }: Live): Doomed => ({
  ...{ pair, destination: destination ?? pair.own },
  ...(record !== undefined && { record }),
});

/** Ports are used again: what began at another time is another one. */
const keyOf = ({ pair, record }: Pick<Doomed, "pair" | "record">): string =>
  `${tupleKey(pair)} ${record?.startedAt ?? ""}`;
const tupleOf = ({ pair }: Live): string => tupleKey(pair);

const textOf = ({ pair: { peer } }: Live): string => `${peer.ip.family}${peer.ip.bits.toString(16).padStart(32, "0")}`;

function byPeer(a: Live, b: Live): number {
  const [x, y] = [textOf(a), textOf(b)];
  return x < y ? -1 : x > y ? 1 : a.pair.peer.port - b.pair.peer.port;
}
