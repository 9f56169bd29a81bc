import { expect, test } from "vitest";
import { nearestWord } from "./nearest.ts";

const FIELDS = ["passthroughMode", "appendMatch", "port", "protocol", "type", "value"];

test.each([
  ["passthroughmode", "passthroughMode"],
  ["pasthrougMod", "passthroughMode"],
  ["passThruMode", "passthroughMode"],
  ["appendMatches", "appendMatch"],
  ["prot", "port"],
  ["potr", "port"],
  ["ports", "port"],
  ["protocl", "protocol"],
  ["vlaue", "value"],
  ["match", undefined],
  ["x", undefined],
  ["destinationPort", undefined],
  ["", undefined],
])("%s: %s", (word, nearest) => {
  expect(nearestWord(word, FIELDS)).toBe(nearest);
});

test("of two that are as close, the first one is taken", () => {
  expect(nearestWord("abd", ["abc", "abe"])).toBe("abc");
});
