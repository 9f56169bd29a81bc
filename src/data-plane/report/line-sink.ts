import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";

/** Where lines go. A slow or full reader never slows down or fills up the agent: lines are dropped and counted. */
export interface LineSink {
  write(line: object): void;
  /** Lines that nobody got. */
  readonly lost: number;
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
  return {
    write(line) {
      if (!stream.writable || stream.writableLength > MAX_WAITING_BYTES) {
        lost++;
        untold++;
        return;
      }
      if (untold > 0) stream.write(`${JSON.stringify({ kind: "lost", lines: untold })}\n`);
      untold = 0;
      stream.write(`${JSON.stringify(line)}\n`);
    },
    get lost() {
      return lost;
    },
    close: () =>
      new Promise((resolve) => {
        if (isOwn && stream.writable) stream.end(() => resolve());
        else resolve();
      }),
  };
}
