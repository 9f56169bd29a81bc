/**
 * Envoy's access log, read as it is written. It is a plain file, so that nobody waits for anybody: Envoy never for the
 * agent, be it slow or dead, and an agent that comes back finds what was written meanwhile.
 *
 *   access.log       what Envoy writes now
 *   access.log.old   what it wrote before: renamed once it is long, deleted when all of it was read and counted
 */
import {
  closeSync,
  constants,
  type FSWatcher,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  watch,
} from "node:fs";
import { join } from "node:path";
import { NAMES } from "../../compile/envoy/index.ts";

/** A place in one of the two files: bytes before it are read. */
export interface LogPosition {
  readonly inode: number;
  readonly offset: number;
}

export interface LogFollowerSettings {
  /** Envoy's working folder. Its user can write there, so nothing in it is trusted to be what it was. */
  readonly folder: string;
  /** Where an earlier agent had got to. Absent: read all that there is. */
  readonly from?: LogPosition;
  /** Whole lines, without their ends; one character a byte. Must not throw. */
  readonly take: (lines: readonly string[]) => void;
  /** Bytes after which Envoy is asked for another file. */
  readonly rotateAfter?: number;
  /** Ask Envoy to open the file anew: it has another name now. */
  readonly reopen: () => Promise<unknown>;
}

export interface LogFollower {
  /** Read what is there, letting others have their turns. Resolves at the end of the file. */
  catchUp(): Promise<void>;
  /** The same at once, as when Envoy has just died and another one is about to write. */
  drain(): void;
  /** From now on read whatever comes. */
  follow(): void;
  /** Up to where lines were taken. Absent: there was no file yet. */
  readonly position: LogPosition | undefined;
  /** This position is safe on disk: what lies before it may be deleted. */
  kept(position: LogPosition): void;
  /**
   * Positions cannot be kept, for lack of room: delete what is read all the same, where that is much. Whoever goes on
   * from an earlier position does not find it then, and knows. True if there is more room now.
   */
  makeRoom(): boolean;
  /** Lines torn by something else than us: no end, or the file was cut or replaced. */
  readonly torn: number;
  /** Bytes that wait to be read. */
  readonly behind: number;
  close(): void;
}

const ROTATE_AFTER = 16 << 20;
const CHUNK_BYTES = 128 << 10;
/** Events are enough; this is for those that the kernel dropped, and for what has to be tried again. */
const LOOK_MS = 1_000;
/** Bytes that are worth another file where the disk is full. */
const MUCH = 256 << 10;
/** No line is that long: headers are limited. What has no end by then is no line. */
const LONGEST_LINE = 1 << 20;

export function followLog(settings: LogFollowerSettings): LogFollower {
  const { folder, reopen } = settings;
  let asking = false;
  let reading: Promise<void> | undefined;
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const ask = () => {
    if (asking || timer === undefined) return;
    asking = true;
    void reopen()
      .catch(() => undefined) // tried again; an Envoy that starts makes the file anyway
      .finally(() => {
        asking = false;
      });
  };
  const reader = logReader(settings, ask);
  const readOn = async (): Promise<void> => {
    while (!isClosed && reader.step()) await new Promise((next) => setImmediate(next));
  };
  const look = (): Promise<void> => {
    reading ??= readOn().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  return {
    catchUp: look,
    drain() {
      while (reader.step());
    },
    follow() {
      watcher = watch(folder, (_event, name) => {
        if (name === NAMES.logFile) void look();
      });
      watcher.on("error", () => undefined); // the timer goes on
      timer = setInterval(() => void look(), LOOK_MS);
      timer.unref();
      void look();
    },
    get position() {
      return reader.position;
    },
    kept: reader.kept,
    makeRoom: reader.makeRoom,
    get torn() {
      return reader.torn;
    },
    get behind() {
      return reader.behind;
    },
    close() {
      isClosed = true;
      watcher?.close();
      clearInterval(timer);
      timer = undefined;
      reader.close();
    },
  };
}

/** Reads both files, one piece at a time. `ask` for another file when one is long, or gone. */
function logReader({ folder, from: start, take, rotateAfter = ROTATE_AFTER }: LogFollowerSettings, ask: () => void) {
  const [current, old] = [join(folder, NAMES.logFile), join(folder, `${NAMES.logFile}.old`)];
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const lines = lineSplitter(take);
  let from = start;
  let file: OpenLog | undefined;

  const openNow = (): OpenLog | undefined => {
    const first = openFirst(old, current, from);
    if (first === undefined) return undefined;
    if (from?.inode === first.inode) first.offset = from.offset;
    else if (from !== undefined) lines.lose(); // the file that it was in is gone
    from = undefined;
    return first;
  };
  /** At the end of a file: to the next one, if Envoy writes there by now. */
  const advance = (done: OpenLog): boolean => {
    const next = openLog(current);
    if (next === undefined) ask();
    else if (next.inode === done.inode && done.offset >= rotateAfter) rotate();
    if (next === undefined || next.inode === done.inode || !done.isFinal) {
      // Envoy closed the old file before it made the new one, but maybe after we looked
      done.isFinal = next !== undefined && next.inode !== done.inode;
      if (next !== undefined) closeSync(next.fd);
      return done.isFinal;
    }
    closeSync(done.fd);
    lines.end();
    file = next;
    return true;
  };
  const rotate = () => {
    if (openLog(old, () => true)) return; // not kept yet
    try {
      renameSync(current, old);
      ask();
    } catch {} // tried again
  };
  return {
    /** Takes one piece; false at the end of all there is. */
    step(): boolean {
      file ??= openNow();
      if (file === undefined) {
        ask(); // somebody took it away, or Envoy has not begun
        return false;
      }
      const bytes = readSync(file.fd, buffer, 0, CHUNK_BYTES, file.offset);
      file.offset += bytes;
      if (bytes > 0) lines.give(buffer.toString("latin1", 0, bytes));
      else if (fstatSync(file.fd).size < file.offset) {
        lines.lose(); // somebody cut it
        file.offset = 0;
      } else return advance(file);
      return true;
    },
    get position(): LogPosition | undefined {
      return file === undefined ? from : { inode: file.inode, offset: file.offset - lines.pending };
    },
    kept({ inode }: LogPosition) {
      if (file?.inode === inode && openLog(current, (log) => log.inode === inode)) remove(old);
    },
    makeRoom(): boolean {
      const inode = file?.inode;
      if (file === undefined || !openLog(current, (log) => log.inode === inode)) return false;
      if (remove(old)) return true;
      if (file.offset >= MUCH) rotate(); // the next time it is the old one
      return false;
    },
    get torn(): number {
      return lines.torn;
    },
    get behind(): number {
      return bytesBehind(old, current, file);
    },
    close() {
      if (file !== undefined) closeSync(file.fd);
      file = undefined;
    },
  };
}

function bytesBehind(old: string, current: string, file: OpenLog | undefined): number {
  const size = (path: string) => openLog(path, ({ fd }) => fstatSync(fd).size) ?? 0;
  const isOld = openLog(old, (log) => log.inode === file?.inode) ?? false;
  return Math.max(0, size(isOld ? old : current) - (file?.offset ?? 0)) + (isOld ? size(current) : 0);
}

/** The older file first, unless an earlier agent was through with it. */
function openFirst(old: string, current: string, from: LogPosition | undefined): OpenLog | undefined {
  const [older, newer] = [openLog(old), openLog(current)];
  if (older === undefined) return newer;
  if (from !== undefined && newer?.inode === from.inode) {
    remove(old);
    closeSync(older.fd);
    return newer;
  }
  if (newer !== undefined) closeSync(newer.fd);
  return older;
}

/** Pieces to whole lines. */
function lineSplitter(take: (lines: readonly string[]) => void) {
  let rest = "";
  let torn = 0;
  const lose = () => {
    torn++;
    rest = "";
  };
  return {
    give(text: string) {
      const whole = (rest === "" ? text : rest + text).split("\n");
      rest = whole.pop() ?? "";
      if (rest.length > LONGEST_LINE) lose();
      if (whole.length > 0) take(whole);
    },
    /** What came since the last line end can never become a line. */
    lose,
    end() {
      if (rest !== "") lose();
    },
    get pending() {
      return rest.length;
    },
    get torn() {
      return torn;
    },
  };
}

interface OpenLog {
  readonly fd: number;
  readonly inode: number;
  offset: number;
  /** The next file was there already when this one was looked at. */
  isFinal: boolean;
}

/** A plain file and nothing else: a pipe would block, a link could lead anywhere. */
function openLog(path: string): OpenLog | undefined;
function openLog<T>(path: string, look: (log: OpenLog) => T): T | undefined;
function openLog<T>(path: string, look?: (log: OpenLog) => T): OpenLog | T | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  const stat = fstatSync(fd);
  const log = { fd, inode: stat.ino, offset: 0, isFinal: false };
  if (look === undefined && stat.isFile()) return log;
  const seen = look !== undefined && stat.isFile() ? look(log) : undefined;
  closeSync(fd);
  return seen;
}

function remove(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false; // gone already, or tried again next time
  }
}
