import { Script } from "node:vm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepMemory } from "./memory.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

test("memory is given back once it is quiet, and under steady changes every few seconds", () => {
  const collect = vi.fn();
  const memory = keepMemory(collect);
  memory.soon();
  vi.advanceTimersByTime(900);
  expect(collect).not.toHaveBeenCalled();
  memory.soon();
  vi.advanceTimersByTime(1_000);
  expect(collect).toHaveBeenCalledTimes(1);
  for (let n = 0; n < 20; n++) {
    memory.soon();
    vi.advanceTimersByTime(500);
  }
  expect(collect).toHaveBeenCalledTimes(3);
  memory.soon();
  memory.stop();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledTimes(3);
  expect(vi.getTimerCount()).toBe(0);
});

test("garbage goes, and V8 still takes the code that it compiled before", async () => {
  const source = "(function () { return 'compiled before' })";
  const before = new Script(source).createCachedData();
  const garbage = makeGarbage();
  const memory = keepMemory();
  memory.soon();
  await nextTask(); // a reference counts as held until the task that made it is over
  vi.advanceTimersByTime(1_000);
  memory.stop();
  expect(garbage.deref()).toBeUndefined();
  expect(new Script(source, { cachedData: before }).cachedDataRejected).toBe(false);
  expect(new Script(source, { cachedData: new Script(source).createCachedData() }).cachedDataRejected).toBe(false);
});

const makeGarbage = () => new WeakRef({ nobody: "holds it" });

const nextTask = () => new Promise((resolve) => setImmediate(resolve));
