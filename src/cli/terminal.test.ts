import { expect, test } from "vitest";
import { printable, stylesFor, wantsColor } from "./terminal.ts";

test("colour needs a terminal, and no NO_COLOR that is not empty", () => {
  expect(wantsColor({ isTTY: true }, {})).toBe(true);
  expect(wantsColor({ isTTY: true }, { NO_COLOR: "" })).toBe(true);
  expect(wantsColor({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColor({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  expect(wantsColor({}, {})).toBe(false);
});

test("without colour every style leaves its text alone", () => {
  for (const style of Object.values(stylesFor(false))) expect(style("text")).toBe("text");
});

test("an empty text gets no colour codes", () => {
  for (const style of Object.values(stylesFor(true))) expect(style("")).toBe("");
});

test("printable shows what would act on the terminal, and leaves letters of all scripts alone", () => {
  expect(printable("a\u0007\u009b31m\u2066é中\u{1f600}")).toBe("a\\u{7}\\u{9b}31m\\u{2066}é中\u{1f600}");
});
