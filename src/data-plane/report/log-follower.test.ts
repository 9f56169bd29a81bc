import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { followLog, type LogFollower, type LogPosition } from "./log-follower.ts";

let folder: string;
let followers: LogFollower[];
const path = (name: string) => join(folder, name);
const write = (text: string) => appendFileSync(path("access.log"), text);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-log-"));
  followers = [];
});
afterEach(() => {
  for (const follower of followers) follower.close();
  rmSync(folder, { recursive: true });
});

/** `reopen` does what Envoy does: nothing at first, the new file with its next record. */
function start(from?: LogPosition, more: { rotateAfter?: number } = {}) {
  const lines: string[] = [];
  const asked = { times: 0 };
  const follower = followLog({
    folder,
    ...(from !== undefined && { from }),
    take: (some) => lines.push(...some),
    reopen: async () => {
      asked.times++;
    },
    ...more,
  });
  followers.push(follower);
  return { follower, lines, asked };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((next) => setTimeout(next, 5));
}

test("whole lines come once, in order, also those that arrive in pieces", async () => {
  const { follower, lines } = start();
  await follower.catchUp();
  follower.follow();
  write("one\ntwo\nthr");
  await until(() => lines.length === 2);
  write("ee\nü\n");
  await until(() => lines.length === 4);
  expect(lines).toEqual(["one", "two", "three", Buffer.from("ü").toString("latin1")]);
  expect(follower.behind).toBe(0);
});

test("a second reader goes on where the first one was, a torn line included", async () => {
  write("one\ntwo\nthr");
  const first = start();
  await first.follower.catchUp();
  const { position } = first.follower;
  first.follower.close();
  write("ee\nfour\n");
  const second = start(position);
  second.follower.drain();
  expect([first.lines, second.lines, second.follower.torn]).toEqual([["one", "two"], ["three", "four"], 0]);
});

test("a long file is renamed, read to its end however late that is written, and deleted when that is kept", async () => {
  const { follower, lines, asked } = start(undefined, { rotateAfter: 10 });
  follower.follow();
  write("0123456789\n");
  await until(() => existsSync(path("access.log.old")) && asked.times > 0);
  expect(existsSync(path("access.log"))).toBe(false);
  appendFileSync(path("access.log.old"), "late\n");
  write("new\n");
  await until(() => lines.length === 3);
  expect(lines).toEqual(["0123456789", "late", "new"]);
  const { position } = follower;
  expect(existsSync(path("access.log.old"))).toBe(true);
  if (position !== undefined) follower.kept(position);
  expect(existsSync(path("access.log.old"))).toBe(false);
  expect(follower.torn).toBe(0);
});

test("killed between the two files, a second reader reads the rest of both, and neither twice", async () => {
  const first = start(undefined, { rotateAfter: 3 });
  first.follower.follow();
  write("one\n");
  await until(() => existsSync(path("access.log.old")));
  const early = first.follower.position;
  first.follower.close();
  appendFileSync(path("access.log.old"), "two\n");
  write("three\n");
  const second = start(early);
  second.follower.drain();
  expect(second.lines).toEqual(["two", "three"]);
  const third = start(second.follower.position);
  write("four\n");
  third.follower.drain();
  expect(third.lines).toEqual(["four"]);
  expect(existsSync(path("access.log.old"))).toBe(false);
});

test("where positions cannot be kept: what is read makes room, file by file, and whoever comes back knows", async () => {
  const { follower, lines } = start();
  follower.follow();
  write(`${"x".repeat(300_000)}\n`);
  await until(() => lines.length === 1);
  const { position } = follower;
  expect(follower.makeRoom()).toBe(false); // renamed
  expect(existsSync(path("access.log.old"))).toBe(true);
  expect(follower.makeRoom()).toBe(false); // Envoy has made no other one yet
  write("new\n");
  await until(() => lines.length === 2);
  expect([follower.makeRoom(), follower.makeRoom()]).toEqual([true, false]);
  expect([existsSync(path("access.log")), existsSync(path("access.log.old"))]).toEqual([true, false]);
  const second = start(position);
  second.follower.drain();
  expect([second.lines, second.follower.torn]).toEqual([["new"], 1]);
});

test("a file that was cut, replaced or taken away is read from its beginning, and that is counted", async () => {
  const { follower, lines, asked } = start();
  write("one, which is long\nand torn");
  await follower.catchUp();
  follower.follow();
  truncateSync(path("access.log"));
  await until(() => follower.torn === 1);
  write("two\n");
  await until(() => lines.length === 2);
  renameSync(path("access.log"), path("elsewhere"));
  await until(() => asked.times > 0);
  write("three\n");
  await until(() => lines.length === 3);
  expect(lines).toEqual(["one, which is long", "two", "three"]);
  const gone = start({ inode: 1, offset: 5 });
  gone.follower.drain();
  expect([gone.lines, gone.follower.torn]).toEqual([["three"], 1]);
});

test("nothing but a plain file is read", () => {
  writeFileSync(path("secret"), "secret\n");
  symlinkSync(path("secret"), path("access.log"));
  const { follower, lines } = start();
  follower.drain();
  expect([lines, follower.position]).toEqual([[], undefined]);
  expect(readFileSync(path("secret"), "utf8")).toBe("secret\n");
});

/** An Envoy that writes and, when asked, opens the file anew with its next record; agents that are killed at any time. */
const steps = fc.array(fc.constantFrom("write", "write", "write", "tear", "read", "keep", "kill", "reopen"), {
  maxLength: 120,
});

test("law: whoever is killed when, every line counts once", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (did) => {
      for (const name of ["access.log", "access.log.old"]) rmSync(path(name), { force: true });
      let [written, isAsked] = [0, false];
      let fd = openSync(path("access.log"), "a");
      let kept: { readonly lines: readonly string[]; readonly position: LogPosition | undefined } = {
        lines: [],
        position: undefined,
      };
      const agent = () => {
        const lines = [...kept.lines];
        const follower = followLog({
          folder,
          ...(kept.position !== undefined && { from: kept.position }),
          take: (some) => lines.push(...some),
          rotateAfter: 30,
          reopen: async () => {
            isAsked = true;
          },
        });
        follower.follow();
        followers.push(follower);
        return { lines, follower };
      };
      let now = agent();
      const act: Record<string, () => void> = {
        write: () => writeSync(fd, `line ${written++}\n`),
        tear: () => {
          writeSync(fd, "line ");
          now.follower.drain();
          writeSync(fd, `${written++}\n`);
        },
        reopen: () => {
          if (!isAsked) return;
          closeSync(fd);
          fd = openSync(path("access.log"), "a");
          isAsked = false;
        },
        read: () => now.follower.drain(),
        keep: () => {
          const { position } = now.follower;
          kept = { lines: [...now.lines], position };
          if (position !== undefined) now.follower.kept(position);
        },
        kill: () => {
          now.follower.close();
          now = agent();
        },
      };
      for (const step of did) {
        act[step]?.();
        await new Promise((next) => setImmediate(next));
      }
      for (const step of ["read", "reopen", "read", "reopen", "read"]) {
        act[step]?.();
        await new Promise((next) => setImmediate(next));
      }
      now.follower.close();
      closeSync(fd);
      expect(now.lines).toEqual(Array.from({ length: written }, (_, i) => `line ${i}`));
    }),
    { numRuns: 300 },
  );
});
