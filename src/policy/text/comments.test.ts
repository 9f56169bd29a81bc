import fc from "fast-check";
import { expect, test } from "vitest";
import { readComments } from "./comments.ts";

const read = (text: string) =>
  readComments("f.yaml", text).map(
    ({ text, about, span }) => `${span.start.line}:${span.start.column} ${text} -> ${about}`,
  );

test("a comment is about its line, or alone about the next one that says something", () => {
  expect(read("a: 1 # one\n  # two\n# three\nb: 2\n")).toEqual(["1:6 one -> 1", "2:3 two -> 4", "3:1 three -> 4"]);
  expect(read("# one\n\nb: 2\n")).toEqual(["1:1 one -> 2"]);
  expect(read("a: 1\r\n# one\r\nb: 2\r\n")).toEqual(["2:1 one -> 3"]);
  expect(read("a: [ # one\n 1, # two\n ]\n--- # three\n")).toEqual(["1:6 one -> 1", "2:5 two -> 2", "4:5 three -> 4"]);
});

test("what is in a value is none", () => {
  expect(read("a: '# no'\nb: \"# no\"\nc: |\n  # no\n  # no\nd: x#no\ne: >-\n  # no\n")).toEqual([]);
  expect(read("a: |\n  text\n# yes\nb: 1\n")).toEqual(["3:1 yes -> 4"]);
});

test("law: every comment stands where its span says, whatever the text", () => {
  const texts = fc.array(
    fc.constantFrom(
      "# c",
      "\n",
      "a",
      ": ",
      "- ",
      "'",
      '"',
      "|",
      "[",
      "{",
      "}",
      ",",
      " ",
      "\u0002",
      "\u0018",
      "\u001f",
      "---",
      "\r\n",
      "\ufeff",
      "%",
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(texts, (parts) => {
      const text = parts.join("");
      for (const { span, text: comment } of readComments("f.yaml", text)) {
        const line = text.split("\n")[span.start.line - 1] ?? "";
        expect(line.slice(span.start.column - 1).trimEnd()).toMatch(/^#/);
        expect(line.slice(span.start.column)).toContain(comment);
      }
    }),
    { numRuns: 2000 },
  );
});
