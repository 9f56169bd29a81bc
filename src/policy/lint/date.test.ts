import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDate } from "./date.ts";

const YEARS = { min: new Date("0001-01-01"), max: new Date("9999-12-30"), noInvalidDate: true };

test("law: a date is over when the next day starts in UTC, a time at itself", () => {
  fc.assert(
    fc.property(fc.date(YEARS), (date) => {
      const text = date.toISOString();
      expect(parseDate(text)).toBe(date.getTime());
      expect(parseDate(text.slice(0, 10))).toBe(Date.parse(text.slice(0, 10)) + 86_400_000);
    }),
  );
});

test.each([
  "2030-12-31T18:00:00+05:30",
  "2030-12-31t18:00:00z",
  "2030-12-31 18:00:00.25-11:00",
  "2000-02-29T23:59:59Z",
])("%s is read as Date reads it", (text) => {
  expect(parseDate(text)).toBe(Date.parse(text.toUpperCase().replace(" ", "T")));
});

test.each([
  "",
  "2030",
  "2030-13-01",
  "2030-00-10",
  "2030-04-31",
  "2030-02-29",
  "2100-02-29",
  "2030-1-1",
  "2030-01-01T10:00",
  "2030-01-01T25:00:00Z",
  "2030-01-01T10:00:00",
  "2030-01-01T10:60:00Z",
  "2030-01-01T10:00:00+24:00",
  "31.12.2030",
  "2030-01-01x",
])("%j is no date", (text) => {
  expect(parseDate(text)).toBeUndefined();
});
