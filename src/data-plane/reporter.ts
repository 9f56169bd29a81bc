import { LOG_FLUSH_MS, passChain } from "../compile/envoy/index.ts";
import { factsOf } from "../policy/impact/index.ts";
import type { Connection } from "../policy/model/index.ts";
import {
  type CutLine,
  type Enforcer,
  type InForce,
  type Journal,
  type Revocation,
  readJournal,
} from "./agent/index.ts";
import { type Attribution, attribution, type Ledger, otherwise } from "./hits/index.ts";
import { errorText, type Log } from "./host/index.ts";
import {
  type Denier,
  deniedLine,
  type Judge,
  judge,
  type LineSink,
  type LogEvent,
  type OpenConnections,
  patience,
  readEvent,
  readRecord,
  refusalOf,
} from "./report/index.ts";
import { formatEndpoint } from "./sockets/index.ts";

/** What the report needs of the rest. */
export interface ReporterParts {
  readonly owner: { readonly mesh: string; readonly name: string };
  readonly connections: OpenConnections;
  readonly ledger: Ledger;
  readonly sink: LineSink;
  readonly journal: Journal;
  readonly enforce: Pick<Enforcer, "inForce" | "earlier" | "changedAt">;
  readonly revoke: Pick<Revocation, "late">;
  readonly rawPort: number | undefined;
  readonly log: Log;
  /** What earlier agents counted. */
  readonly before: { readonly read: number; readonly unread: number; readonly cut: number };
}

/** Turns Envoy's records into the state of open connections, into counts, and into lines. */
export interface Reporter {
  /** Lines of Envoy's log. Never throws. */
  take(lines: readonly string[]): void;
  cut(line: CutLine): void;
  /** How the policy in force attributes connections; made again after each change. */
  readonly attribution: Attribution;
  /** Connections and requests that are open now, as far as records tell. */
  openNow(): Connection[];
  readonly wereCut: number;
  /** Records ever read, those included that could not be understood. */
  readonly read: number;
  /** Records that could not be understood. */
  readonly unread: number;
}

/** Records of connections from before a change may come until then: Envoy's workers hear of it a little later. */
const LATE_MS = 10 * LOG_FLUSH_MS;
/** Envoy gives up connecting after ten seconds. */
const SLOWEST_CONNECT_MS = 15_000;
/** Of the agent's time, for looking which rules come nearest to what was denied. */
const EXPLAINING = { share: 0.1, burstMs: 200 };

const denier = ({ bytes, compiled }: InForce): Denier => (bytes === undefined ? "no policy yet" : compiled.policy);

export function reporter(parts: ReporterParts): Reporter {
  const { connections, ledger, sink, journal, enforce, revoke } = parts;
  let { read, unread, cut: wereCut } = parts.before;
  const keepJournal = journalKeeper(parts);
  const judgeNow = judgeOf(enforce);
  const attributions = attributionsOf(enforce);
  const countAdmitted = admissions(ledger, attributions.at, parts.rawPort);

  const follow = (event: LogEvent) => {
    const known = connections.take(event);
    if (known !== undefined) {
      journal.opened(known);
      const { changedAt } = enforce;
      if (known.startedAt < changedAt + LATE_MS && Date.now() < changedAt + LATE_MS + SLOWEST_CONNECT_MS)
        void revoke.late(known);
    } else if (event.kind === "ended" && !connections.knows(event.pair)) journal.closed(event);
  };
  const takeOne = (line: string) => {
    read++;
    const record = readRecord(line);
    const event = record === undefined ? undefined : readEvent(record);
    if (event === undefined) {
      unread++;
      return;
    }
    follow(event);
    const refusal = refusalOf(event, enforce.inForce.compiled.inspectionMs);
    if (refusal === undefined) {
      countAdmitted(event);
      return;
    }
    const who = { mesh: parts.owner.mesh, workload: parts.owner.name, record: read };
    const { line: denied, because } = deniedLine(refusal, who, judgeNow());
    sink.write(denied);
    ledger.denied.count({
      because,
      destination: formatEndpoint(refusal.destination),
      answer: refusal.answer,
      at: refusal.startedAt,
      ...(denied.connection !== undefined && { connection: denied.connection }),
    });
  };

  return {
    take(lines) {
      for (const line of lines) takeOne(line);
      keepJournal();
    },
    cut(line) {
      if (line.kind === "cut") wereCut++;
      sink.write({ ...line, mesh: parts.owner.mesh, workload: parts.owner.name });
    },
    openNow() {
      const by = attributions.now();
      const passed = [...connections.passed()].map((connection) => factsOf(connection, parts.rawPort, by.allows));
      return [...passed, ...connections.http().flatMap(({ requests }) => requests.map(({ request }) => request))];
    },
    get attribution() {
      return attributions.now();
    },
    get wereCut() {
      return wereCut;
    },
    get read() {
      return read;
    },
    get unread() {
      return unread;
    },
  };
}

/** Writes the journal; where that fails, as on a full disk, it is tried again, and what was not written is not kept. */
function journalKeeper({ journal, connections, log }: ReporterParts): () => void {
  let failedAt: number | undefined;
  return () => {
    if (failedAt !== undefined && performance.now() < failedAt + JOURNAL_AGAIN_MS) return;
    try {
      journal.flush(connections.passed());
      if (failedAt !== undefined) log.info({}, "the list of open connections is on disk");
      failedAt = undefined;
    } catch (error) {
      const what = "cannot keep the list of open connections on disk; a restart would cut some at the next change";
      if (failedAt === undefined) log.warn({ error: errorText(error) }, what);
      failedAt = performance.now();
    }
  };
}

const JOURNAL_AGAIN_MS = 1_000;

/** Judges by the policy in force. */
function judgeOf(enforce: ReporterParts["enforce"]): () => Judge {
  const explaining = patience(EXPLAINING.share, EXPLAINING.burstMs);
  let judging: { readonly of: object; readonly judge: Judge } | undefined;
  return () => {
    const { inForce, earlier } = enforce;
    if (judging?.of !== inForce) {
      const before = earlier === undefined ? undefined : denier(earlier);
      judging = { of: inForce, judge: judge(denier(inForce), before, explaining) };
    }
    return judging.judge;
  };
}

/** Counts what was admitted. A policy that may have decided and admits it gets the hit: the likelier before the other. */
function admissions(ledger: Ledger, policiesAt: (time: number) => readonly Attribution[], rawPort: number | undefined) {
  const admitted = (startedAt: number, whatBy: (by: Attribution) => Connection) => {
    for (const by of policiesAt(startedAt)) {
      const what = whatBy(by);
      if (!by.allows(what)) continue;
      const rules = by.rulesFor(what);
      if (rules.length > 0) ledger.rules.hit(by, rules, startedAt);
      else ledger.admitted[otherwise(by.policy)]++;
      return;
    }
    ledger.admitted.unexplained++;
  };
  return (event: LogEvent): void => {
    if (event.kind === "connected") admitted(event.startedAt, (by) => factsOf(event, rawPort, by.allows));
    else if (event.kind === "request ended") {
      if (event.outcome.wasForwarded) admitted(event.startedAt, () => event.request);
    } else if (event.kind === "ended") {
      const { chain, serverName, wasConnected } = event.end;
      // its destination is dead, or it left before that was there: admitted all the same
      if (wasConnected || chain === undefined || !chain.startsWith(PASS)) return;
      const passed = { ...event, ...(serverName !== undefined && { serverName }) };
      admitted(event.startedAt, (by) => factsOf(passed, rawPort, by.allows));
    }
  };
}

/** Chains that pass bytes on as they are. */
const PASS = passChain(0).replace(/0$/, "");

/** How policies attribute connections: the one in force, and for a while the one before. */
function attributionsOf(enforce: ReporterParts["enforce"]) {
  let [of, before] = [enforce.inForce, enforce.earlier];
  let now: Attribution | undefined;
  let earlier: Attribution | undefined;
  const follow = () => {
    if (of === enforce.inForce) return;
    earlier = enforce.earlier === of ? now : undefined;
    [of, before, now] = [enforce.inForce, enforce.earlier, undefined];
  };
  const current = (): Attribution => {
    follow();
    now ??= attribution(of.compiled.policy);
    return now;
  };
  return {
    now: current,
    /** Those that may have decided at that time, the likelier first. */
    at(time: number): readonly Attribution[] {
      const latest = current();
      const { changedAt } = enforce;
      if (before === undefined || Date.now() > changedAt + KEPT_MS) {
        earlier = undefined; // ten thousand rules need megabytes
        return [latest];
      }
      earlier ??= attribution(before.compiled.policy);
      return time < changedAt ? [earlier, latest] : [latest, earlier];
    },
  };
}

/** Silence may be inspected for five seconds before it is decided. */
const KEPT_MS = LATE_MS + SLOWEST_CONNECT_MS;

/** What an earlier agent knew, for one that took over its Envoy. */
export function restoreConnections(path: string, connections: OpenConnections): void {
  for (const connection of readJournal(path)) connections.restore(connection);
}
