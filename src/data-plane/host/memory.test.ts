import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepMemory } from "./memory.ts";

beforeEach(() => void vi.useFakeTimers());
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
