import { expect, test } from "vitest";
import { compareDiagnostics, type Diagnostic, quote, renderCount, renderJson, renderText } from "./index.ts";

const at = (line: number, column: number, endLine = line, endColumn = column + 3): Diagnostic => ({
  code: "E101-port-out-of-range",
  severity: "error",
  resource: "MeshPassthrough/default/p",
  path: ["spec", "default", "appendMatch", 2, "port"],
  message: "no port",
  help: "write one",
  span: { file: "f.yaml", start: { line, column }, end: { line: endLine, column: endColumn } },
});
const render = (d: Diagnostic, text?: string): string =>
  renderText([d], text === undefined ? undefined : new Map([["f.yaml", text]]));

test("a diagnostic shows its place, its line with carets under it, and what to write", () => {
  expect(render(at(2, 7), "a: 1\n  port: 900\n")).toBe(
    "f.yaml:2:7: error[E101-port-out-of-range]: no port\n      port: 900\n          ^^^\n  help: write one",
  );
});

test("the carets stand under the place behind tabs, and at the end of a long line", () => {
  expect(render(at(1, 3), "\t\tabc\r\n").split("\n").slice(1, 3)).toEqual(["    \t\tabc", "    \t\t^^^"]);
  const [, source = "", carets = ""] = render(at(1, 301), `${"x".repeat(300)}yyy${"z".repeat(300)}`).split("\n");
  expect(source.length).toBeLessThan(130);
  expect(source.slice(carets.indexOf("^"), carets.indexOf("^") + 3)).toBe("yyy");
});

test("an excerpt cannot move the cursor or turn the text", () => {
  const [, source] = render(at(1, 3), "\u001b[2Jab\u202ec\td").split("\n");
  expect(source).toBe("    \ufffd[2Jab\ufffdc\td");
});

test("a place of several lines is marked to the end of its first", () => {
  expect(render(at(1, 3, 2, 1), "a bcd\ne").split("\n")[2]).toBe("      ^^^");
});

test("without the text, or for an empty line, there is no excerpt; without a place, the resource and path say where", () => {
  expect(render(at(2, 7))).toBe("f.yaml:2:7: error[E101-port-out-of-range]: no port\n  help: write one");
  expect(render(at(2, 1), "a\n\n")).not.toContain("^");
  const { span: _, help: __, ...bare } = at(1, 1);
  expect(render(bare)).toBe(
    "MeshPassthrough/default/p spec.default.appendMatch[2].port: error[E101-port-out-of-range]: no port",
  );
});

test("JSON has the path as text, and no empty fields", () => {
  const { span: _, help: __, resource: ___, ...bare } = at(1, 1);
  expect(renderJson([at(1, 2), bare])).toEqual([
    {
      code: "E101-port-out-of-range",
      severity: "error",
      resource: "MeshPassthrough/default/p",
      path: "spec.default.appendMatch[2].port",
      message: "no port",
      help: "write one",
      file: "f.yaml",
      start: { line: 1, column: 2 },
      end: { line: 1, column: 5 },
    },
    {
      code: "E101-port-out-of-range",
      severity: "error",
      path: "spec.default.appendMatch[2].port",
      message: "no port",
    },
  ]);
});

test("the order is that of the places; what has none comes last", () => {
  const { span: _, ...bare } = at(1, 1);
  const sorted: Diagnostic[] = [bare, at(10, 1), at(2, 5), at(2, 1)];
  sorted.sort(compareDiagnostics);
  expect(sorted.map(({ span }) => span?.start)).toEqual([
    { line: 2, column: 1 },
    { line: 2, column: 5 },
    { line: 10, column: 1 },
    undefined,
  ]);
});

test("counts", () => {
  expect(renderCount([])).toBe("");
  expect(renderCount([at(1, 1)])).toBe("1 error");
  expect(renderCount([at(1, 1), at(1, 1), { ...at(1, 1), severity: "warning" }])).toBe("2 errors, 1 warning");
});

test("what a user wrote cannot move the cursor, end the quote or flood the screen", () => {
  expect(quote("a`b")).toBe("`a'b`");
  expect(quote("a\u001b[31m\n\u202eb")).toBe("`a\\u{1b}[31m\\u{a}\\u{202e}b`");
  expect(quote("x".repeat(500)).length).toBeLessThan(90);
  expect(quote("\ud800")).toBe("`\\u{d800}`");
  expect(quote(`${"x".repeat(79)}\u{1f600}`)).toBe(`\`${"x".repeat(79)}…\``);
});
