import { describe, expect, test } from "vitest";
import { renderTable, wrap } from "./table.ts";
import { stylesFor } from "./terminal.ts";

describe("renderTable", () => {
  test("columns start below one another, two spaces apart, without trailing spaces", () => {
    const text = renderTable(
      [
        ["a", "long cell", "x"],
        ["bbb", "", ""],
        ["c", "d"],
      ],
      { titles: ["A", "B", "C"] },
    );
    expect(text).toBe("A    B          C\na    long cell  x\nbbb\nc    d\n");
  });

  test("colour does not move a column", () => {
    const { bad } = stylesFor(true);
    const plain = renderTable([
      ["deny", "x"],
      ["a", "y"],
    ]);
    const coloured = renderTable([
      [{ text: "deny", style: bad }, "x"],
      ["a", "y"],
    ]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colour is made of
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain);
    expect(coloured).not.toBe(plain);
  });

  test("the last column is wrapped below itself where the terminal is narrow", () => {
    const text = renderTable([["one", "alpha beta gamma delta epsilon"]], { width: 25, indent: " " });
    expect(text).toBe(" one  alpha beta gamma\n      delta epsilon\n");
  });

  test("a cell cannot break out of its line or recolour the terminal", () => {
    expect(renderTable([["a\nb\u001b[31m\u202e"]])).toBe("a\\u{a}b\\u{1b}[31m\\u{202e}\n");
  });

  test("no rows, no text: titles alone would look like an answer", () => {
    expect(renderTable([], { titles: ["A"] })).toBe("");
  });
});

test("wrap breaks at spaces only", () => {
  expect(wrap("a bb incomprehensible c", 6)).toEqual(["a bb", "incomprehensible", "c"]);
});
