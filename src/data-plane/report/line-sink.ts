import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";

/** Where lines go. A slow or full reader never slows down or fills up the agent: lines are dropped and counted. */
export interface LineSink {
  write(line: object): void;
  /** Lines that nobody got. */
  readonly lost: number;
  /** Lines that are on their way. */
  readonly waiting: number;
  /** Resolves when all lines written by now are out, or after so long. */
  flushed(patienceMs: number): Promise<void>;
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
  let waiting = 0;
  let wake: (() => void)[] = [];
  const send = (line: object) => {
    waiting++;
    stream.write(`${JSON.stringify(line)}\n`, (error) => {
      waiting--;
      if (error) lost++;
      if (waiting > 0) return;
      for (const resolve of wake) resolve();
      wake = [];
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
      return waiting;
    },
    async flushed(patienceMs) {
      if (waiting === 0) return;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs);
      });
      await Promise.race([late, new Promise<void>((resolve) => wake.push(resolve))]);
      clearTimeout(timer);
    },
    close: () =>
      new Promise((resolve) => {
        if (isOwn && stream.writable) stream.end(() => resolve());
        else resolve();
      }),
  };
}
