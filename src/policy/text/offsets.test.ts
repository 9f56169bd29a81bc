import { expect, test } from "vitest";
import type { Path } from "../diagnostics/index.ts";
import { readDocuments } from "./documents.ts";

const TEXT = `a: &x {b: [1, "two"], c: }
d: *x
e:
  - *x
  -
? f
`;

/** The text of the value at a path, and of its key. */
function placesIn(text: string, path: Path): readonly (string | undefined)[] {
  const [document] = readDocuments("f", text);
  const lines = text.split("\n");
  return [document?.spanOf(path), document?.keySpanOf(path)].map((span) => {
    if (span === undefined) return undefined;
    const line = lines[span.start.line - 1] ?? "";
    return span.end.line === span.start.line ? line.slice(span.start.column - 1, span.end.column - 1) : "…";
  });
}

test.each<[string, Path, string | undefined, string | undefined]>([
  ["the whole", [], "…", "…"],
  ["a value with an anchor", ["a"], `{b: [1, "two"], c: }`, "a"],
  ["an item of a list is its own key", ["a", "b", 1], `"two"`, `"two"`],
  ["an empty value is shown at its key", ["a", "c"], "c", "c"],
  ["an alias", ["d"], "*x", "d"],
  ["what an alias stands for", ["d", "b", 0], "1", "1"],
  ["an alias in a list", ["e", 0], "*x", "*x"],
  ["through an alias in a list", ["e", 0, "c"], "c", "c"],
  ["an empty item", ["e", 1], "", ""],
  ["a key without a value", ["f"], undefined, "f"],
  ["a field that is not there", ["g"], undefined, undefined],
  ["an item that is not there", ["e", 2], undefined, undefined],
  ["a number for a field", [0], undefined, undefined],
  ["below a scalar", ["a", "b", 0, "x"], undefined, undefined],
])("places: %s", (_, path, value, key) => {
  expect(placesIn(TEXT, path)).toEqual([value, key]);
});

test("a document is read when it is asked for, and those before it can be forgotten", () => {
  const documents = readDocuments("f", "a: 1\n---\nb: 2\n---\nc: [\n");
  const first = documents.next().value;
  const second = documents.next().value;
  expect([first?.spanOf(["a"])?.start.line, second?.spanOf(["b"])?.start.line]).toEqual([1, 3]);
  expect(documents.next().value?.report.hasErrors()).toBe(true);
  expect(documents.next().done).toBe(true);
});
