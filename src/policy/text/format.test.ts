import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { enough } from "../../../test/laws/enough.ts";
import { readComments } from "./comments.ts";
import { readDocuments } from "./documents.ts";
import { formatText } from "./format.ts";
import { toPlain } from "./value.ts";

const format = (text: string): string => {
  const formatted = formatText("a.yaml", text);
  return formatted.ok ? formatted.text : `refused: ${formatted.diagnostics.map(({ code }) => code).join()}`;
};

describe("layout", () => {
  test.each([
    ["indentation", "a:\n      b:\n         - 1\n         -   2\n", "a:\n  b:\n  - 1\n  - 2\n"],
    ["spaces", "a:    1   \nb: {x:   1,y: [ 2,3 ]}\n", "a: 1\nb: {x: 1, y: [2, 3]}\n"],
    ["blank lines", "\n\na: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"],
    ["quotes", `a: 'x y'\nb: 'say "x"'\nc: "d"\n`, `a: "x y"\nb: 'say "x"'\nc: "d"\n`],
    ["no line end", "a: 1", "a: 1\n"],
    ["line ends of Windows stay", "a:   1\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n"],
    ["documents", "---\na: 1\n---\nb:   2\n", "---\na: 1\n---\nb: 2\n"],
    ["long lines stay", `a: ${"word ".repeat(40)}end\n`, `a: ${"word ".repeat(40)}end\n`],
    ["blocks of text stay", "a: |\n   x\n    y\nb: >-\n  z\n", "a: |\n  x\n   y\nb: >-\n  z\n"],
    ["anchors", "a: &x   {b: 1}\nc:   *x\n", "a: &x {b: 1}\nc: *x\n"],
    ["numbers stay as written", "a:   0443\nb: [+4, 0x1F, 1.50, -0]\n", "a: 0443\nb: [+4, 0x1F, 1.50, -0]\n"],
    ["words stay words", "a: yes\nb: 0o17\nc: 1.0\nd: ~\n", "a: yes\nb: 0o17\nc: 1.0\nd: ~\n"],
    [
      "JSON",
      `{"b":1.0,"a":[],"c":[{"d":"{,"}]}`,
      `{\n  "b": 1.0,\n  "a": [],\n  "c": [\n    {\n      "d": "{,"\n    }\n  ]\n}\n`,
    ],
    ["nothing", "", ""],
    ["comments alone", "\n  # a\n\n\n\n# b\n\n", "# a\n\n# b\n"],
  ])("%s", (_, text, wanted) => {
    expect(format(text)).toBe(wanted);
  });

  test("comments stay where they are", () => {
    const text = "# file\n\n# a\na: 1 # one\nb: # list\n# first\n- 1 # x\n# end\n# last\n";
    expect(readComments("a", format(text)).map((comment) => comment.text)).toEqual(
      readComments("a", text).map((comment) => comment.text),
    );
  });

  test.each(["a: !x 1", "a: [", "a: 1\na: 2"])("%j has faults, and is not touched", (text) => {
    expect(format(text)).toMatch(/^refused: E00/);
  });
});

test("a comment that would be lost keeps the text as it is", () => {
  expect(formatText("a.yaml", "a: >- # note\n")).toMatchObject({
    ok: false,
    diagnostics: [{ message: "this layout cannot be changed without losing a comment or a value" }],
  });
});

/** Texts with comments almost anywhere. */
const yaml = fc
  .tuple(
    fc.array(
      fc.record({
        value: fc.jsonValue({ maxDepth: 3, noUnicodeString: false }),
        form: fc.constantFrom({ indentSeq: false }, { indent: 4 }, { collectionStyle: "flow" as const, lineWidth: 0 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    fc.array(fc.tuple(fc.nat(30), fc.constantFrom("# c", "  # d", "", "#")), { maxLength: 6 }),
  )
  .map(([documents, insertions]) => {
    const lines = documents
      .map(({ value, form }) => stringify({ value }, form))
      .join("---\n")
      .split("\n");
    for (const [at, line] of insertions) lines.splice(at % (lines.length + 1), 0, line);
    return lines.join("\n");
  });

const content = (text: string): unknown => [...readDocuments("a", text)].map(({ value }) => toPlain(value));

test("law: formatting keeps values and comments, and doing it again changes nothing", () => {
  let formattedTexts = 0;
  fc.assert(
    fc.property(yaml, (text) => {
      const once = formatText("a", text);
      if (!once.ok) return;
      formattedTexts += 1;
      expect(content(once.text)).toEqual(content(text));
      expect(readComments("a", once.text).map((c) => c.text)).toEqual(readComments("a", text).map((c) => c.text));
      expect(formatText("a", once.text)).toEqual(once);
    }),
    { numRuns: 500 },
  );
  expect(formattedTexts).toBeGreaterThan(enough(250));
});

test("law: no text makes it throw", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."-:#{}[]&*!|>'\"%@`,? \n\tab01~.\\") }), (text) => {
      formatText("a", text);
    }),
    { numRuns: 2000 },
  );
});
