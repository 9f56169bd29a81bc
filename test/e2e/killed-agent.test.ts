/**
 * An agent is killed with -9 at each of its steps on the file system in turn, while a log is written, renamed and
 * opened anew: whoever comes next has counted each record once.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("../../src/data-plane/records.testprogram.ts", import.meta.url));
/** In one life: the start, and all of several rounds of reading, keeping, renaming and deleting. */
const STEPS = Number(process.env.SALLYPORT_KILLS ?? "60");
const AT_ONCE = 9;

test("whenever an agent is killed, no record counts twice or never", { timeout: 400_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-killed-"));
  const log = join(folder, "access.log");
  let fd = openSync(log, "a");
  let [written, sum] = [0, 0];
  const end = () => {
    writeSync(fd, `ord ${written}\n`);
    sum += written++;
  };
  const begin = () => writeSync(fd, "rec");
  /** Half of a record more than it says. */
  const write = () => {
    for (let i = 0; i < AT_ONCE; i++) {
      end();
      begin();
    }
  };
  /** Runs until it is killed, or until it has counted so many more; resolves to how it ended. */
  const live = async (dieAt: number, enough: number): Promise<string> => {
    const child = spawn(process.execPath, [PROGRAM, folder, join(folder, "counts.json"), String(dieAt)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin.on("error", () => undefined); // it is dead
    const ended = new Promise<string>((resolve) =>
      child.once("close", (code, signal) => resolve(signal ?? `code ${code}`)),
    );
    const until = written + enough;
    let [last, isCaughtUp] = [0, false];
    const goOn = () => {
      if (last < written || !isCaughtUp) return;
      if (written < until) write();
      else child.stdin.end();
    };
    onTestFinished(() => void child.kill("SIGKILL"));
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === "reopen") {
        end(); // a record is in one file
        closeSync(fd);
        fd = openSync(log, "a");
        begin();
        continue;
      }
      if (line === "caught up") {
        expect({ dieAt, missing: written - last }).toEqual({ dieAt, missing: 0 });
        isCaughtUp = true;
        goOn();
        continue;
      }
      const [counted, counts]: [number, number] = JSON.parse(line);
      expect({ dieAt, tooMany: Math.max(0, counted - written) }).toEqual({ dieAt, tooMany: 0 });
      last = counted;
      if (counted === written) expect({ dieAt, counts }).toEqual({ dieAt, counts: sum });
      goOn();
    }
    return ended;
  };
  try {
    begin();
    write();
    for (let step = 1; step <= STEPS; step++) {
      expect(await live(step, Number.POSITIVE_INFINITY)).toBe("SIGKILL");
      write(); // while nobody reads
    }
    expect(await live(0, 100)).toBe("code 0");
    expect(written).toBeGreaterThan(STEPS * AT_ONCE);
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true, maxRetries: 5 }); // where it failed, an agent still writes
  }
});
