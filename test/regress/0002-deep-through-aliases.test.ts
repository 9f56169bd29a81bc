import { expect, test } from "vitest";
import { check } from "../../src/policy/check/index.ts";
import { convertText } from "../../src/policy/text/index.ts";

const LEVELS = 60;
const inLists = (text: string): string => `${"[".repeat(LEVELS)}${text}${"]".repeat(LEVELS)}`;

test("a document that is deep only through its aliases is refused, not read until the stack is full", () => {
  const anchors = Array.from({ length: LEVELS }, (_, i) => `a${i}: &a${i} ${inLists(i === 0 ? "1" : `*a${i - 1}`)}\n`);
  const text = `type: Mesh\nname: m\n${anchors.join("")}`;
  const { diagnostics } = check([{ file: "a.yaml", text }]);
  expect(diagnostics.map(({ code, span }) => [code, span?.start.line])).toEqual([["E008-too-deep", 4]]);
});

test("aliases that stand for much, and not for too much, are converted", () => {
  const items = Array.from({ length: 200 }, () => "*r").join(", ");
  const text = `type: Mesh\nname: m\nx: &r {a: 1}\ny: &all [${items}]\nz: *all\n`;
  const converted = convertText("a.yaml", text, "kubernetes");
  expect(converted.ok && converted.text.match(/a: 1/g)?.length).toBe(401);
});
