import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openLineSink } from "./line-sink.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-lines-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a report on a full disk loses lines and says how many; with room again it goes on, on a line of its own", async () => {
  const path = join(folder, "report.log");
  symlinkSync("/dev/full", path);
  const told: string[] = [];
  const sink = openLineSink(path, {
    failed: (error) => void told.push(error.message),
    works: () => void told.push("works"),
  });
  for (const line of [1, 2, 3]) sink.write({ line });
  await expect.poll(() => sink.lost).toBe(3);
  const tries = () => {
    sink.write({ again: true });
    return told.length;
  };
  await expect.poll(tries, { interval: 400, timeout: 10_000 }).toBe(1); // told once, however often it fails
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await expect.poll(tries, { interval: 400, timeout: 10_000 }).toBe(1);
  await expect.poll(() => sink.waiting).toBe(0);

  rmSync(path);
  writeFileSync(path, '{"line":0}\n{"to');
  await expect.poll(tries, { interval: 200, timeout: 10_000 }).toBe(2);
  await sink.close();
  expect(told).toEqual([expect.stringContaining("ENOSPC"), "works"]);
  const lines = readFileSync(path, "utf8").split("\n");
  expect(lines.slice(0, 4)).toEqual(['{"line":0}', '{"to', `{"kind":"lost","lines":${sink.lost}}`, '{"again":true}']);
});
