import fc from "fast-check";
import { expect, test } from "vitest";
import { differenceOf, holds, type Intervals, intersectionOf, intervals, unionOf } from "./intervals.ts";

const LAST = 14n;
const NUMBERS = Array.from({ length: Number(LAST) + 1 }, (_, n) => BigInt(n));
const range = fc.tuple(fc.bigInt(0n, LAST), fc.bigInt(0n, 4n)).map(([first, more]) => [first, first + more] as const);
const ranges = fc.array(range, { maxLength: 6 });
const members = (set: Intervals): bigint[] => NUMBERS.filter((n) => set.some(([a, b]) => n >= a && n <= b));
const among = (some: readonly (readonly [bigint, bigint])[], n: bigint): boolean =>
  some.some(([a, b]) => n >= a && n <= b);

test("law: a set holds what its ranges hold, ascending, and ranges neither overlap nor touch", () => {
  fc.assert(
    fc.property(ranges, (some) => {
      const set = intervals(some);
      expect(members(set)).toEqual(NUMBERS.filter((n) => among(some, n)));
      for (const [i, [first, last]] of set.entries()) {
        expect(first <= last).toBe(true);
        expect(first > (set[i - 1]?.[1] ?? -2n) + 1n).toBe(true);
      }
      for (const n of NUMBERS) expect(holds(set, n)).toBe(among(some, n));
    }),
    { numRuns: 1000 },
  );
});

test("law: union, intersection and difference are those of the numbers, in the same form", () => {
  fc.assert(
    fc.property(ranges, ranges, (some, others) => {
      const [a, b] = [intervals(some), intervals(others)];
      expect(unionOf(a, b)).toEqual(intervals([...some, ...others]));
      const both = NUMBERS.filter((n) => holds(a, n) && holds(b, n));
      expect(intersectionOf(a, b)).toEqual(intervals([...intersectionOf(a, b)]));
      expect(members(intersectionOf(a, b))).toEqual(both);
      expect(members(differenceOf(a, b))).toEqual(NUMBERS.filter((n) => holds(a, n) && !holds(b, n)));
      expect(differenceOf(a, b)).toEqual(intervals([...differenceOf(a, b)]));
    }),
    { numRuns: 1000 },
  );
});

test("edges", () => {
  expect(intervals([])).toEqual([]);
  expect(
    intervals([
      [5n, 6n],
      [1n, 2n],
      [3n, 3n],
    ]),
  ).toEqual([
    [1n, 3n],
    [5n, 6n],
  ]);
  expect(
    intervals([
      [1n, 9n],
      [2n, 3n],
    ]),
  ).toEqual([[1n, 9n]]);
  expect(unionOf([[1n, 2n]], [[3n, 4n]])).toEqual([[1n, 4n]]);
  expect(unionOf([[1n, 2n]], [[4n, 5n]])).toEqual([
    [1n, 2n],
    [4n, 5n],
  ]);
  expect(unionOf([[1n, 9n]], [[2n, 3n]])).toEqual([[1n, 9n]]);
  expect(intersectionOf([[1n, 5n]], [[5n, 9n]])).toEqual([[5n, 5n]]);
  expect(intersectionOf([[1n, 5n]], [[6n, 9n]])).toEqual([]);
  expect(
    differenceOf(
      [[0n, 9n]],
      [
        [0n, 0n],
        [5n, 5n],
        [9n, 12n],
      ],
    ),
  ).toEqual([
    [1n, 4n],
    [6n, 8n],
  ]);
  expect(
    differenceOf(
      [
        [0n, 1n],
        [3n, 4n],
        [6n, 7n],
      ],
      [[1n, 6n]],
    ),
  ).toEqual([
    [0n, 0n],
    [7n, 7n],
  ]);
});
