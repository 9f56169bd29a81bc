/**
 * Envoy's records on their way: read from its log, counted, reported; and kept account of, so that none is lost or
 * counted twice without anybody knowing.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type LedgerFile, ledgerText, readLedger, type SavedLedger } from "./hits/index.ts";
import { errorText, isFull, type Log, type ProcessId, replaceFile } from "./host/index.ts";
import { followLog, type LineSink, type LogPosition, type LogStats, logAudit } from "./report/index.ts";

export interface RecordsSettings {
  /** Envoy's working folder. */
  readonly folder: string;
  /** Where counts are kept. */
  readonly ledgerPath: string;
  readonly saved: LedgerFile | undefined;
  readonly sink: LineSink;
  /** Takes lines of Envoy's log. */
  readonly take: (lines: readonly string[]) => void;
  readonly counted: () => Counted;
  /** The Envoy that runs as of now. */
  readonly envoy: () => ProcessId | undefined;
  readonly reopen: () => Promise<unknown>;
  /** Records are found missing. */
  readonly missing: () => void;
  /** Bytes of the log after which another file is begun; absent: as is usual. */
  readonly rotateAfter?: number;
  readonly log: Log;
}

/** What there is to keep. */
export interface Counted {
  readonly ledger: SavedLedger;
  readonly cut: number;
  readonly atLimit: number;
  /** Records read by this agent and those before it, and those of them that could not be understood. */
  readonly read: number;
  readonly unread: number;
}

export interface Records {
  /** Read what is there, or for some seconds. To be done before Envoy is taken over or started. */
  catchUp(): Promise<void>;
  /** An Envoy runs now, taken over or new. From now on whatever it writes is read. */
  envoyRuns(adopted: boolean): void;
  /** It has ended. Reads all that it left, before another one writes. */
  envoyEnded(): void;
  /** Compare with what Envoy has counted. */
  audit(stats: LogStats): void;
  /** Keep the counts soon, as after a change of the policy. */
  keepSoon(): void;
  /** Records that Envoy took and that never arrived. */
  readonly lost: number;
  /** Bytes of the log that are not read yet. */
  readonly behind: number;
  /** Read the rest, keep the counts. */
  close(): Promise<void>;
}

const NONE = { ofEnvoy: 0, ever: 0 };
const nameOf = (id: ProcessId | undefined): string | undefined =>
  id === undefined ? undefined : `${id.bootId} ${id.pid} ${id.startTicks}`;
const KEEP_MS = 1_000;
/** Of the agent's time, for keeping: the counts of ten thousand rules are a megabyte. */
const KEEPING_SHARE = 0.01;
const FLUSH_PATIENCE_MS = 2_000;
const CATCH_UP_MS = 3_000;

/** What an earlier agent kept. A file that cannot be used counts as none, and the log says so. */
export function savedCounts(path: string, log: Log): LedgerFile | undefined {
  const read = readLedger(path);
  if (read === "unusable") log.warn({ path }, "the counts on disk cannot be used: counting begins anew");
  return typeof read === "string" ? undefined : read;
}

export function records(settings: RecordsSettings): Records {
  const { saved, sink, counted, log } = settings;
  const account = accountOf(saved, counted, (count) => {
    sink.write({ kind: "records lost", time: new Date().toISOString(), count });
    log.warn({ count }, "records of envoy did not arrive: their connections are not counted; is the disk full?");
    settings.missing();
  });
  if (saved !== undefined && saved.linesWaiting > 0) sink.missed(saved.linesWaiting);
  const follower = followLog({
    folder: settings.folder,
    ...(saved?.position !== undefined && { from: saved.position }),
    take(lines) {
      settings.take(lines);
      keeper.keepIfDue();
    },
    reopen: settings.reopen,
    ...(settings.rotateAfter !== undefined && { rotateAfter: settings.rotateAfter }),
  });
  /** Whose records these are until it is known which Envoy runs: an agent may be killed before that. */
  let earlier = saved?.envoy;
  const snapshot = (linesWaiting: number): Snapshot => {
    const { read, ...rest } = counted();
    const { position } = follower;
    const envoy = nameOf(settings.envoy()) ?? earlier;
    const text = ledgerText({
      ...{ ...rest, linesWaiting, lost: account.lost },
      read: { ever: read, ofEnvoy: account.read },
      ...(position !== undefined && { position }),
      ...(envoy !== undefined && { envoy }),
    });
    return { text, position };
  };
  let worked = true;
  const write = ({ text, position }: Snapshot): boolean => {
    const error = tryWrite(settings.ledgerPath, text, follower.makeRoom);
    if (error === undefined && position !== undefined) follower.kept(position);
    const works = error === undefined;
    if (works && !worked) log.info({}, "the counts are on disk");
    const what = "cannot keep the counts on disk; a restart would lose those of the time since";
    if (!works && worked) log.warn({ error: errorText(error) }, what);
    worked = works;
    return works;
  };
  const keeper = keeperOf(snapshot, write, sink);
  return {
    async catchUp() {
      const patience = new AbortController();
      // where records come faster than they can be read there is no end to wait for
      const late = sleep(CATCH_UP_MS, undefined, { signal: patience.signal }).catch(() => undefined);
      await Promise.race([follower.catchUp(), late]);
      patience.abort();
    },
    envoyRuns(adopted) {
      if (!adopted || nameOf(settings.envoy()) !== saved?.envoy) account.begin(!adopted);
      earlier = undefined;
      follower.follow();
      keeper.keepSoon();
    },
    envoyEnded() {
      follower.drain();
      account.ended();
    },
    audit: (stats) => account.look(stats, follower.behind === 0),
    keepSoon: keeper.keepSoon,
    get lost() {
      return account.lost.ever;
    },
    get behind() {
      return follower.behind;
    },
    async close() {
      follower.drain();
      await keeper.close();
      follower.close();
    },
  };
}

/** What the file system said, in the end. Where the disk is full of what was read already, that makes room. */
function tryWrite(path: string, text: string, makeRoom: () => boolean): unknown {
  try {
    replaceFile(path, text);
    return undefined;
  } catch (error) {
    return isFull(error) && makeRoom() ? tryWrite(path, text, () => false) : error;
  }
}

/** Whose records are counted, and which are missing. */
function accountOf(saved: LedgerFile | undefined, counted: () => Counted, tell: (missing: number) => void) {
  const [read, missing] = [saved?.read ?? NONE, saved?.lost ?? NONE];
  let readBefore = read.ever - read.ofEnvoy;
  let lostBefore = missing.ever - missing.ofEnvoy;
  let lost = missing.ofEnvoy;
  let audit = logAudit(true, lost);
  const readNow = (): number => counted().read - readBefore;
  const update = (total: number) => {
    if (total > lost) tell(total - lost);
    lost = Math.max(lost, total);
  };
  /** From here on records are those of another Envoy; `isKnown`: from its first one. */
  const begin = (isKnown: boolean) => {
    readBefore = counted().read;
    lostBefore += lost;
    lost = 0;
    audit = logAudit(isKnown);
  };
  return {
    begin,
    ended() {
      update(audit.ended(readNow()));
      begin(true);
    },
    look: (stats: LogStats, isAtEnd: boolean) => update(audit.look(stats, { read: readNow(), isAtEnd })),
    get read() {
      return readNow();
    },
    get lost() {
      return { ever: lostBefore + lost, ofEnvoy: lost };
    },
  };
}

interface Snapshot {
  readonly text: string;
  readonly position: LogPosition | undefined;
}

/** Keeps what is counted, about once a second while anything is. */
function keeperOf(
  snapshot: (linesWaiting: number) => Snapshot,
  /** False: it could not be written. */
  write: (snapshot: Snapshot) => boolean,
  sink: LineSink,
) {
  let keeping: Promise<void> | undefined;
  let isDirty = true;
  let nextAt = 0;
  /** What is kept as counted is out as a line too, unless nobody reads lines. */
  const keepNow = async (): Promise<void> => {
    isDirty = false;
    const started = performance.now();
    let now = snapshot(0);
    const tookMs = performance.now() - started;
    if (sink.waiting > 0 && !(await sink.flushed(FLUSH_PATIENCE_MS))) now = snapshot(sink.waiting);
    const writing = performance.now();
    if (!write(now)) isDirty = true;
    const cost = tookMs + performance.now() - writing;
    nextAt = performance.now() + Math.max(KEEP_MS, cost / KEEPING_SHARE);
  };
  const keepIfDue = () => {
    if (!isDirty || performance.now() < nextAt) return;
    keeping ??= keepNow().finally(() => {
      keeping = undefined;
    });
  };
  const timer = setInterval(keepIfDue, KEEP_MS);
  timer.unref();
  return {
    keepIfDue() {
      isDirty = true;
      keepIfDue();
    },
    keepSoon() {
      [isDirty, nextAt] = [true, 0];
    },
    async close() {
      clearInterval(timer);
      await keeping;
      await keepNow();
    },
  };
}
