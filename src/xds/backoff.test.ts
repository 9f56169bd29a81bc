import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

test("law: the wait lies between 50 ms and 5 s, and doubles until then", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, random) => {
        const ms = backoffMs(attempt, random);
        expect(ms).toBeGreaterThanOrEqual(50);
        expect(ms).toBeLessThanOrEqual(5_000);
        if (attempt < 6) expect(backoffMs(attempt + 1, random)).toBeCloseTo(2 * ms);
      },
    ),
  );
});
