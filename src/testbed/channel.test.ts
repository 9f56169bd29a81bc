import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { openChannel, serve } from "./channel.ts";
import type { Exit, Running } from "./child.ts";

type Sums = {
  add: { args: readonly [number, number]; result: number };
  fail: { args: string; result: null };
  later: { args: number; result: number };
  missing: { args: null; result: null };
};

function pair() {
  const [there, back] = [new PassThrough(), new PassThrough()];
  let end = (_: Exit): void => undefined;
  const exited = new Promise<Exit>((resolve) => {
    end = resolve;
  });
  const running: Running = {
    stdin: there,
    stdout: back,
    stderr: null,
    exited,
    pid: async () => 1,
    kill: async () => true,
  };
  const handlers = {
    add: ([a, b]: readonly [number, number]) => a + b,
    fail: (why: string): null => {
      throw new Error(why);
    },
    later: (ms: number) => new Promise<number>((resolve) => setTimeout(() => resolve(ms), ms)),
  };
  // `missing` is left out on purpose: the other side may be another version.
  void serve<Omit<Sums, "missing">>(handlers, there, back).then(() => end({ code: 0, signal: null }));
  return { channel: openChannel<Sums>("other side", running), end };
}

test("a call gives the handler's result, and answers find their calls", async () => {
  const { channel } = pair();
  const slow = channel.call("later", 20);
  expect(await channel.call("add", [2, 3])).toBe(5);
  expect(await slow).toBe(20);
});

test("a call rejects with what the handler threw, and for an unknown operation", async () => {
  const { channel } = pair();
  await expect(channel.call("fail", "because")).rejects.toThrow("because");
  await expect(channel.call("missing", null)).rejects.toThrow("unknown operation `missing`");
});

test("calls reject once the other side has ended, those under way too", async () => {
  const { channel, end } = pair();
  const waiting = channel.call("later", 5_000);
  end({ code: null, signal: "SIGKILL" });
  await expect(waiting).rejects.toThrow("the other side ended with SIGKILL");
  await expect(channel.call("add", [1, 1])).rejects.toThrow("the other side ended with SIGKILL");
});

test("closing ends the other side and waits for it", async () => {
  const { channel } = pair();
  await channel.close();
  await expect(channel.call("add", [1, 1])).rejects.toThrow("ended with 0");
});
