import { createWriteStream } from "node:fs";
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

const MAX_WAITING_BYTES = 4 << 20;

/** Lines of JSON on a file, appended, or on standard output. */
export function openLineSink(path: string | undefined, onError: (error: Error) => void): LineSink {
  const stream: Writable = path === undefined ? process.stdout : createWriteStream(path, { flags: "a", mode: 0o640 });
  stream.on("error", onError);
  return lineSink(stream, path !== undefined);
}

/** `isOwn`: ended with the sink. */
export function lineSink(stream: Writable, isOwn: boolean): LineSink {
  let lost = 0;
  let untold = 0;
  let [sent, done] = [0, 0];
  const waiters = new Set<() => void>();
  const send = (line: object) => {
    sent++;
    stream.write(`${JSON.stringify(line)}\n`, (error) => {
      done++;
      if (error) lost++;
      for (const look of waiters) look();
    });
  };
  return {
    write(line) {
      if (!stream.writable || stream.writableLength > MAX_WAITING_BYTES) {
        lost++;
        untold++;
        return;
      }
      if (untold > 0) send({ kind: "lost", lines: untold });
      untold = 0;
      send(line);
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
