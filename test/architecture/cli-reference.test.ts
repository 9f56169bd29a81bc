import { expect, test } from "vitest";
import { renderCliReference } from "../../src/cli/reference.ts";
import { readText } from "./sources.ts";

test("docs/reference/cli.md says what the command line accepts, and nothing else (`npm run docs` writes it)", () => {
  expect(readText("docs/reference/cli.md")).toBe(renderCliReference());
});

test("every command has an example", () => {
  const sections = renderCliReference().split(/^## /m).slice(1);
  expect(sections.length).toBeGreaterThanOrEqual(5);
  expect(sections.filter((section) => !section.includes("```bash")).map((section) => section.split("\n")[0])).toEqual(
    [],
  );
});
