/** A minute of `npm run fuzz -- --texts`, each time with another seed; what it finds is printed with the seed, and small. */
import { expect, test } from "vitest";
import { runParsing } from "../../bench/fuzz/parsing.ts";
import { seedTexts } from "../../bench/fuzz/parsing-inputs.ts";

const MINUTE = 60_000;

test("every text gets an answer, and what is said of it has a place in it", { timeout: 10 * MINUTE, retry: 0 }, () => {
  const seed = Date.now() % 1_000_000_007;
  const end = performance.now() + MINUTE;
  const isOver = (inputs: number): boolean => inputs % 128 === 0 && performance.now() >= end;
  const { found, ...read } = runParsing(seed, seedTexts(process.env.SALLYPORT_FIXTURES), isOver);
  expect(
    found === undefined ? "" : `seed ${seed}: ${found.reader}: ${JSON.stringify(found.text)}\n${found.fault}`,
  ).toBe("");
  expect(read.inputs).toBeGreaterThan(0);
});
