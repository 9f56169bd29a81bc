import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { removeItems } from "./edit.ts";

const at = (line: number, column: number) => ({ line, column });

test("items of a block list go with their lines and what ends these", () => {
  const text = "l:\n- a # x\n# about b\n- b: 1\n  c: 2 # y\n\n- d\n";
  expect(removeItems(text, [at(2, 3)])).toBe("l:\n# about b\n- b: 1\n  c: 2 # y\n\n- d\n");
  expect(removeItems(text, [at(4, 3)])).toBe("l:\n- a # x\n# about b\n\n- d\n");
  expect(removeItems(text, [at(7, 3), at(2, 3)])).toBe("l:\n# about b\n- b: 1\n  c: 2 # y\n\n");
  expect(removeItems("l:\n- a: |\n    x\n    # no comment\n- b\n", [at(2, 3)])).toBe("l:\n- b\n");
});

test("items of a flow list go with their comma", () => {
  expect(removeItems("[a, b, c]", [at(1, 2)])).toBe("[b, c]");
  expect(removeItems("[a, b, c]", [at(1, 5)])).toBe("[a, c]");
  expect(removeItems("[a, b, c]", [at(1, 8)])).toBe("[a, b]");
  expect(removeItems("[a, b, c]", [at(1, 2), at(1, 5)])).toBe("[c]");
  expect(removeItems("[a, b, c,]", [at(1, 8)])).toBe("[a, b,]");
  expect(removeItems('[\n  "a",\n  "b"\n]\n', [at(3, 3)])).toBe('[\n  "a"\n]\n');
  expect(removeItems('[\n  "a",\n  "b"\n]\n', [at(2, 3)])).toBe('[\n  "b"\n]\n');
  expect(removeItems("[\n  {a: 1}, # x\n  {b: 2}\n]", [at(3, 3)])).toBe("[\n  {a: 1} # x\n]");
});

test("not what cannot be left out alone", () => {
  expect(removeItems("l:\n- a\n- b\n", [at(1, 1)])).toBeUndefined();
  expect(removeItems("l:\n- a\n", [at(2, 3)])).toBeUndefined();
  expect(removeItems("- &x a\n- *x\n", [at(1, 3)])).toBeUndefined();
  expect(removeItems("- a\n- - b\n  - c\n", [at(2, 5)])).toBeUndefined();
  expect(removeItems("- 'a\n- b\n", [at(1, 3)])).toBeUndefined();
  expect(removeItems("- a\n- b\n", [at(1, 3), at(9, 9)])).toBeUndefined();
});

test("law: the list without the items, and nothing else, is what remains", () => {
  const item = fc.constantFrom("a", "{ b: 1, c: [x, y] }", "'# d'", '"e"');
  const separators = fc.constantFrom(", ", ",", ",\n  ", " , ", ", # note\n  ");
  const flow = fc.array(fc.tuple(item, separators), { minLength: 2, maxLength: 6 }).map((items) => {
    let text = "head: 1\nlist: [";
    const places = items.map(([value, separator], i) => {
      const lines = text.split("\n");
      const place = at(lines.length, (lines.at(-1)?.length ?? 0) + 1);
      text += i === items.length - 1 ? value : value + separator;
      return place;
    });
    return { text: `${text}]\ntail: 2\n`, places };
  });
  const block = fc
    .array(fc.tuple(item, fc.constantFrom("", " # note", "\n\n# above")), { minLength: 2, maxLength: 6 })
    .map((items) => {
      let text = "head: 1\nlist:\n";
      const places = items.map(([value, after]) => {
        const place = at(text.split("\n").length, 5);
        text += `  - ${value}${after}\n`;
        return place;
      });
      return { text: `${text}tail: 2\n`, places };
    });
  fc.assert(
    fc.property(
      fc.oneof(flow, block),
      fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      ({ text, places }, flags) => {
        const removed = places.filter((_, i) => flags[i]);
        const wanted: { list: unknown[] } = parse(text);
        wanted.list = wanted.list.filter((_, i) => flags[i] !== true);
        const result = removeItems(text, removed);
        if (wanted.list.length === 0) expect(result).toBeUndefined();
        else if (result !== undefined) expect(parse(result)).toEqual(wanted);
        if (text.includes("list:\n") && wanted.list.length > 0) expect(result).toBeDefined();
      },
    ),
    { numRuns: 1000 },
  );
});
