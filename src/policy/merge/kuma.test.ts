import { expect, test } from "vitest";
import { kumaMerge, kumaMergeConfs } from "./kuma.ts";

test("no policy makes no configuration", () => {
  expect(kumaMerge([])).toBeUndefined();
});

test("lists that begin with append are appended, others replaced, maps merged", () => {
  const low = { appendMatch: [1], list: [1], map: { a: 1, appendX: [1] }, mode: "All" };
  const high = { appendMatch: [2], list: [2], map: { b: 2, appendX: null } };
  expect(kumaMergeConfs([low, high])).toEqual({
    appendMatch: [1, 2],
    list: [2],
    map: { a: 1, b: 2, appendX: [1] },
    mode: "All",
  });
});
