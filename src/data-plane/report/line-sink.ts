import { closeSync, createWriteStream, fstatSync, openSync, readSync } from "node:fs";
import type { Writable } from "node:stream";

/** Where lines go. A slow or full reader never slows down or fills up the agent: lines are dropped and counted. */
export interface LineSink {
  write(line: object): void;
  /** Lines that nobody got. */
  readonly lost: number;
  /** Lines that are on their way. */
  readonly waiting: number;
  /** Resolves to true when all lines written by now are out, to false after so long. */
  flushed(patienceMs: number): Promise<boolean>;
  /** Lines that an earlier agent could not write. */
  missed(lines: number): void;
  close(): Promise<void>;
}

/** Whoever is told how the writing goes; not of each line. */
export interface SinkWatch {
  failed(error: Error): void;
  /** It works again. */
  works(): void;
}

/** How to go on when a stream has failed. */
export interface Again {
  /** Another stream to the same place, for lines that begin a line there. */
  readonly open: () => Writable;
  /** At most that often. */
  readonly afterMs: number;
}

const MAX_WAITING_BYTES = 4 << 20;
const AGAIN_MS = 1_000;

/**
 * Lines of JSON on a file, appended, or on standard output. A file that could not be written, as on a full disk, is
 * tried again with later lines.
 */
export function openLineSink(path: string | undefined, watch: SinkWatch): LineSink {
  let fails = false;
  const watched = (stream: Writable): Writable =>
    stream.on("error", (error) => {
      if (!fails) watch.failed(error);
      fails = true;
    });
  const works = () => {
    if (fails) watch.works();
    fails = false;
  };
  if (path === undefined) return lineSink(watched(process.stdout), false, { works });
  const open = (): Writable => watched(createWriteStream(path, { flags: "a", mode: 0o640 }));
  const openAgain = (): Writable => {
    const stream = open();
    if (endsTorn(path)) stream.write("\n");
    return stream;
  };
  return lineSink(open(), true, { works, again: { open: openAgain, afterMs: AGAIN_MS } });
}

/** The last line has no end: there was no room for the rest of it. */
function endsTorn(path: string): boolean {
  try {
    const fd = openSync(path, "r");
    try {
      const { size } = fstatSync(fd);
      const last = Buffer.alloc(1);
      return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last.toString() !== "\n";
    } finally {
      closeSync(fd);
    }
  } catch {
    return false; // taken away
  }
}

/** `isOwn`: ended with the sink. */
export function lineSink(
  first: Writable,
  isOwn: boolean,
  { works, again }: { readonly works?: () => void; readonly again?: Again } = {},
): LineSink {
  let stream = first;
  let openedAt = performance.now();
  let lost = 0;
  let untold = 0;
  let [sent, done] = [0, 0];
  const waiters = new Set<() => void>();
  /** `lines` are lost if it does not arrive. */
  const send = (line: object, lines: number, onFailure: () => void) => {
    sent++;
    stream.write(`${JSON.stringify(line)}\n`, (error) => {
      done++;
      if (error) {
        untold += lines;
        onFailure();
      } else works?.();
      for (const look of waiters) look();
    });
  };
  const isUsable = (): boolean => {
    if (stream.writable || again === undefined) return stream.writable;
    if (performance.now() < openedAt + again.afterMs) return false;
    openedAt = performance.now();
    stream = again.open();
    return stream.writable;
  };
  return {
    write(line) {
      if (!isUsable() || stream.writableLength > MAX_WAITING_BYTES) {
        lost++;
        untold++;
        return;
      }
      const lines = untold;
      untold = 0;
      if (lines > 0) send({ kind: "lost", lines }, lines, () => undefined);
      send(line, 1, () => {
        lost++;
      });
    },
    missed(lines) {
      lost += lines;
      untold += lines;
    },
    get lost() {
      return lost;
    },
    get waiting() {
      return sent - done;
    },
    flushed(patienceMs) {
      const all = sent;
      return new Promise((resolve) => {
        const end = (isOut: boolean) => {
          clearTimeout(timer);
          waiters.delete(look);
          resolve(isOut);
        };
        const look = () => {
          if (done >= all) end(true);
        };
        const timer = setTimeout(end, patienceMs, false);
        waiters.add(look);
        look();
      });
    },
    close: () =>
      new Promise((resolve) => {
        if (isOwn && stream.writable) stream.end(() => resolve());
        else resolve();
      }),
  };
}
