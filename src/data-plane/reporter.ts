import { LOG_FLUSH_MS } from "../compile/envoy/index.ts";
import {
  type CutLine,
  type Enforcer,
  type InForce,
  type Journal,
  type Revocation,
  readJournal,
} from "./agent/index.ts";
import { errorText, type Log } from "./host/index.ts";
import {
  type Denier,
  deniedLine,
  type Judge,
  judge,
  type LineSink,
  type LogMessage,
  type OpenConnections,
  readEvent,
  refusalOf,
} from "./report/index.ts";

/** What the report needs of the rest. */
export interface ReporterParts {
  readonly owner: { readonly mesh: string; readonly name: string };
  readonly connections: OpenConnections;
  readonly sink: LineSink;
  readonly journal: Journal;
  readonly enforce: Enforcer;
  readonly revoke: Revocation;
  readonly log: Log;
}

/** Turns Envoy's records into the state of open connections, and into lines. */
export interface Reporter {
  take(message: LogMessage): void;
  cut(line: CutLine): void;
  readonly denied: number;
  readonly wereCut: number;
  /** Records that could not be read. */
  readonly unread: number;
}

/** Records of connections from before a change may come until then: Envoy's workers hear of it a little later. */
const LATE_MS = 10 * LOG_FLUSH_MS;

const denier = ({ bytes, compiled }: InForce): Denier => (bytes === undefined ? "no policy yet" : compiled.policy);

export function reporter(parts: ReporterParts): Reporter {
  const { connections, sink, journal, enforce, revoke, log } = parts;
  const owner = { mesh: parts.owner.mesh, workload: parts.owner.name };
  let [denied, wereCut, unread] = [0, 0, 0];
  let judging: { readonly of: object; readonly judge: Judge } | undefined;
  let journalWorks = true;

  const judgeNow = (): Judge => {
    const { inForce, earlier } = enforce;
    if (judging?.of !== inForce)
      judging = { of: inForce, judge: judge(denier(inForce), earlier === undefined ? undefined : denier(earlier)) };
    return judging.judge;
  };
  const takeOne = (record: LogMessage["records"][number]) => {
    const event = readEvent(record);
    if (event === undefined) {
      unread++;
      return;
    }
    const known = connections.take(event);
    if (known !== undefined) {
      journal.opened(known);
      const { changedAt } = enforce;
      if (known.startedAt < changedAt + LATE_MS && Date.now() < changedAt + LATE_MS + SLOWEST_CONNECT_MS)
        void revoke.late(known);
    } else if (event.kind === "ended") journal.closed(event);
    const refusal = refusalOf(event, enforce.inForce.compiled.inspectionMs);
    if (refusal === undefined) return;
    denied++;
    sink.write(deniedLine(refusal, owner, judgeNow()));
  };

  return {
    take({ records, damaged }) {
      unread += damaged;
      for (const record of records) takeOne(record);
      try {
        journal.flush(connections.passed());
      } catch (error) {
        if (journalWorks) log.warn({ error: errorText(error) }, "cannot keep the list of open connections on disk");
        journalWorks = false;
      }
    },
    cut(line) {
      wereCut++;
      sink.write({ ...line, ...owner });
    },
    get denied() {
      return denied;
    },
    get wereCut() {
      return wereCut;
    },
    get unread() {
      return unread;
    },
  };
}

/** Envoy gives up connecting after ten seconds. */
const SLOWEST_CONNECT_MS = 15_000;

/** What an earlier agent knew, for one that took over its Envoy. */
export function restoreConnections(path: string, connections: OpenConnections): void {
  for (const connection of readJournal(path)) connections.restore(connection);
}
