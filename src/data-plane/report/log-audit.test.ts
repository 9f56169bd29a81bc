import fc from "fast-check";
import { expect, test } from "vitest";
import { logAudit, logStatsOf } from "./log-audit.ts";

const stats = (taken: number, waiting = 0) => ({ taken, waiting });

test("what Envoy took and nobody read is lost once it is quiet, and not before it can be known", () => {
  const audit = logAudit(true);
  expect(audit.look(stats(100, 1_000), { read: 90, isAtEnd: true })).toBe(0);
  expect(audit.look(stats(100), { read: 93, isAtEnd: false })).toBe(0);
  expect(audit.look(stats(100), { read: 97, isAtEnd: true })).toBe(3);
  expect(audit.look(stats(150, 3_000), { read: 147, isAtEnd: true })).toBe(3);
  expect(audit.ended(140)).toBe(10);
});

test("of an Envoy whose beginning nobody saw, records count from the first quiet look", () => {
  const audit = logAudit(false);
  audit.look(stats(1_000), { read: 10, isAtEnd: true });
  audit.look(stats(1_000), { read: 10, isAtEnd: true });
  audit.look(stats(1_010), { read: 18, isAtEnd: true });
  expect(audit.look(stats(1_010), { read: 18, isAtEnd: true })).toBe(2);
});

/** An Envoy that takes, writes with luck, and a reader that reads: at random moments somebody looks. */
const steps = fc.array(fc.constantFrom("take", "begin", "end well", "end badly", "read", "look"), { maxLength: 200 });

test("law: never more is called lost than is, and in the end all that is", () => {
  fc.assert(
    fc.property(steps, (did) => {
      const audit = logAudit(true);
      let [taken, waiting, writing, written, read, lost] = [0, 0, 0, 0, 0, 0];
      const bytes = () => (waiting + writing) * (60 + (taken % 150));
      const look = () => audit.look(stats(taken, bytes()), { read, isAtEnd: read === written });
      const end = (isWell: boolean) => {
        if (isWell) written += writing;
        else lost += writing;
        writing = 0;
      };
      const act: Record<string, () => void> = {
        take: () => {
          taken++;
          waiting++;
        },
        begin: () => {
          if (writing === 0) [writing, waiting] = [waiting, 0];
        },
        "end well": () => end(true),
        "end badly": () => end(false),
        read: () => {
          read = written;
        },
        look: () => {
          expect(look()).toBeLessThanOrEqual(lost);
        },
      };
      for (const step of [...did, "end well", "begin", "end well", "read"]) act[step]?.();
      look();
      expect(look()).toBe(lost);
    }),
    { numRuns: 2_000 },
  );
});

test("Envoy's counters are found among others", () => {
  const text = "filesystem.reopen_failed: 0\nfilesystem.write_buffered: 11\nfilesystem.write_total_buffered: 7\n";
  expect(logStatsOf(text)).toEqual(stats(11, 7));
  expect(logStatsOf("x.filesystem.write_buffered: 1\n")).toBeUndefined();
});
