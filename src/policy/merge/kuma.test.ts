import { expect, test } from "vitest";
import { policy } from "../../../test/laws/builders.ts";
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

test.each<[low: object, high: object, merged: object]>([
  [{}, { appendX: [1] }, { appendX: [1] }],
  [{ appendX: [1] }, {}, { appendX: [1] }],
  [{ AppendX: [1] }, { AppendX: [2] }, { AppendX: [1, 2] }],
  [{ reappend: [1] }, { reappend: [2] }, { reappend: [2] }],
  [{ appendX: null }, { appendX: [1] }, { appendX: [1] }],
  [{ appendX: null }, { appendX: null }, { appendX: null }],
  [{}, { appendX: null }, { appendX: null }],
  [{ appendX: "a" }, { appendX: [1] }, { appendX: [1] }],
  [{ appendX: [1] }, { appendX: "a" }, { appendX: "a" }],
  [{ appendX: "a" }, { appendX: null }, { appendX: null }],
  [{ x: { a: 1 } }, { x: [1] }, { x: [1] }],
  [{ x: [1] }, { x: { a: 1 } }, { x: { a: 1 } }],
  [{ x: { a: 1 } }, { x: null }, { x: null }],
  [{ x: null }, { x: { a: 1 } }, { x: { a: 1 } }],
  [{ x: "a" }, { x: { a: 1 } }, { x: { a: 1 } }],
  [{}, { toString: { a: 1 } }, { toString: { a: 1 } }],
])("%j, then %j: %j", (low, high, merged) => {
  expect(kumaMergeConfs([{ ...low }, { ...high }])).toStrictEqual(merged);
});

test("a policy says its mode and rules as they were written, and is an origin once", () => {
  const low = policy("low", { mode: "All", rules: ["Domain a.test tls 443"] });
  const high = policy("high", { mesh: "other", rules: ["IP 10.0.0.1 tcp"] });
  expect(kumaMerge([low, high, low])).toStrictEqual({
    conf: {
      passthroughMode: "All",
      appendMatch: [low, high, low].flatMap(({ rules }) => rules.map(({ written }) => written)),
    },
    origin: [
      { mesh: "default", name: "low" },
      { mesh: "other", name: "high" },
    ],
  });
  expect(kumaMerge([policy("p")])?.conf).toStrictEqual({});
});
