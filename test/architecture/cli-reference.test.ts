import { expect, test } from "vitest";
import { renderCliReference } from "../../src/cli/reference.ts";
import { renderResourceReference } from "../../src/cli/resource-reference.ts";
import { RESOURCE_TYPES } from "../../src/policy/model/index.ts";
import { knownFields } from "../../src/policy/text/known-fields.ts";
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

test("docs/reference/resources.md says what the schemas say, and nothing else (`npm run docs` writes it)", () => {
  expect(readText("docs/reference/resources.md")).toBe(renderResourceReference());
});

test("docs/reference/resources.md describes no field that reading a resource would not know, and every one has a meaning", () => {
  const rows = [...renderResourceReference().matchAll(/^\| `([^`]+)` \| .*? \| (.*) \|$/gm)];
  expect(rows.length).toBeGreaterThan(70);
  expect(rows.filter(([, , meaning = ""]) => meaning.length < 10).map(([, path]) => path)).toEqual([]);
  const sections = renderResourceReference().split(/^### /m).slice(1);
  for (const section of sections) {
    const [type] = RESOURCE_TYPES.filter((one) => section.startsWith(`${one} in `));
    const form = section.includes(" in Universal form\n") ? "universal" : "kubernetes";
    for (const [, path = ""] of section.matchAll(/^\| `([^`]+)` \|/gm)) {
      let known: unknown = type === undefined ? undefined : knownFields(type, form);
      for (const step of path.replaceAll("[]", "").split(".")) {
        if (typeof known !== "object" || known === null) break;
        expect(Object.keys(known), `${type} ${path}`).toContain(step);
        known = Object.entries(known).find(([name]) => name === step)?.[1];
      }
    }
  }
});
