import { decide } from "../policy/decide/index.ts";
import type { Fate } from "../policy/impact/index.ts";
import { type EffectivePolicy, formatConnection } from "../policy/model/index.ts";
import { renderReasons } from "../policy/why/index.ts";
import type { Foretold, LiveSocket } from "./agent/index.ts";
import { formatEndpoint } from "./sockets/index.ts";

/** An open connection as JSON has it. */
export interface LiveView {
  /**
   * `passed`: its bytes are passed on. `requests`: HTTP with requests under way. `idle`: HTTP without one, or not decided
   * yet. `unseen`: open since before the sidecar knew of it.
   */
  readonly kind: "passed" | "requests" | "idle" | "unseen";
  /** The workload's address and port. */
  readonly peer: string;
  /** Address and port that were dialled; absent where nobody knows. */
  readonly destination?: string;
  /** What it is, or its requests, as `sallyport why` takes it; at most ten. */
  readonly connections: readonly string[];
  /** When it began, or its oldest request under way. ISO 8601. */
  readonly since?: string;
}

/** `GET /connections?most=N`. */
export interface ConnectionsView {
  readonly mesh: string;
  readonly workload: string;
  readonly total: number;
  /** By the workload's address and port, at most `most` of them. */
  readonly connections: readonly LiveView[];
}

/** An open connection, and what would become of it. */
export interface FateView extends LiveView {
  /** `decided later`: it stays, and each request on it is decided by the rules of its moment. */
  readonly fate: Fate["kind"];
  /** Of one that drains: how long it has. */
  readonly seconds?: number;
  /** The connection or request that is denied, where that is known. */
  readonly denied?: string;
  /** Why; none for one that stays. */
  readonly reason: readonly string[];
}

/** The answer to `POST /impact?most=N`. */
export interface LiveImpactView {
  readonly mesh: string;
  readonly workload: string;
  /** `cut`, `drain 30s`, `keep`. */
  readonly revocation: string;
  /** `policy`, or `setting`: of the sidecar. */
  readonly revocationFrom: "policy" | "setting";
  readonly total: number;
  /** How many of each fate there are. */
  readonly counts: Readonly<Record<Fate["kind"], number>>;
  /** At most `most`: those that are cut, drained or kept before the others. */
  readonly connections: readonly FateView[];
}

const MOST_REQUESTS = 10;

export function viewLive({ pair, live, destination, startedAt }: LiveSocket): LiveView {
  const all = live.kind === "passed" ? [live.what] : live.kind === "requests" ? live.requests : [];
  return {
    kind: live.kind,
    peer: formatEndpoint(pair.peer),
    ...(destination !== undefined && { destination: formatEndpoint(destination) }),
    connections: all.slice(0, MOST_REQUESTS).map(formatConnection),
    ...(startedAt !== undefined && Number.isFinite(startedAt) && { since: new Date(startedAt).toISOString() }),
  };
}

export function viewFate(one: Foretold, after: EffectivePolicy): FateView {
  const { fate } = one;
  const base = { ...viewLive(one), fate: fate.kind };
  if (fate.kind === "stays" || fate.kind === "decided later") return { ...base, reason: [] };
  return {
    ...base,
    ...(fate.kind === "drains" && { seconds: fate.seconds }),
    ...(fate.what === undefined
      ? { reason: ["nobody saw what it is, and its address alone is not admitted"] }
      : { denied: formatConnection(fate.what), reason: renderReasons(decide(after, fate.what)) }),
  };
}
