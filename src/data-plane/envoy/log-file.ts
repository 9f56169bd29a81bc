import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, readSync, rmSync } from "node:fs";

const MAX_BYTES = 10 << 20;
const TAIL_BYTES = 8_192;

/** Envoy's own log. It is opened for appending, so cutting it to nothing is safe while Envoy writes. */
export interface LogFile {
  readonly fd: number;
  /**
   * Keep one older file, `<path>.1`, once this one is long. A few lines written meanwhile may be lost; all of them where
   * the disk has no room for two such files.
   */
  rotate(): void;
  /** The last lines that tell of trouble, at most `count`, without time and thread. */
  lastTroubles(count: number): string[];
  close(): void;
}

/** Throws what the file system says. */
export function openLogFile(path: string, maxBytes = MAX_BYTES): LogFile {
  const fd = openSync(path, "a+", 0o640);
  return {
    fd,
    rotate() {
      if (fstatSync(fd).size <= maxBytes) return;
      try {
        copyFileSync(path, `${path}.1`);
      } catch {
        rmSync(`${path}.1`, { force: true }); // no room for two
      }
      ftruncateSync(fd, 0);
    },
    lastTroubles(count) {
      const { size } = fstatSync(fd);
      const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
      readSync(fd, buffer, 0, buffer.length, size - buffer.length);
      return buffer
        .toString("utf8")
        .split("\n")
        .filter((line) => /\[(?:error|critical)\]/.test(line))
        .slice(-count)
        .map((line) => line.replace(/^(?:\[[^\]]*\]){2}/, ""));
    },
    close: () => closeSync(fd),
  };
}
