import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { check } from "../../src/policy/check/index.ts";
import { DIAGNOSTIC_CODES, renderText } from "../../src/policy/diagnostics/index.ts";
import { ROOT } from "./sources.ts";

const PAGE = join(ROOT, "docs", "reference", "diagnostics.md");
const SECTION = /^### (\S+)\n\n[^#]+?\n```yaml( test)?\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```\n/gm;

const page = readFileSync(PAGE, "utf8");
const sections = [...page.matchAll(SECTION)].map(([, code = "", isTest, yaml = "", output = ""]) => ({
  code,
  file: isTest === undefined ? "policy.yaml" : "policy.test.yaml",
  yaml,
  output,
}));

function run({ code, file, yaml }: (typeof sections)[number]) {
  const { diagnostics } = check([{ file, text: yaml }], {
    exists: code === "W309-name-style",
    compatibility: code === "E208-refused-by-kuma" ? "kuma-2.9" : "documented",
  });
  return { diagnostics, text: `${renderText(diagnostics, new Map([[file, yaml]]))}\n` };
}

if (process.env.UPDATE_GOLDEN === "1") {
  let i = 0;
  const fresh = page.replace(SECTION, (section: string) => {
    const made = sections[i++];
    return made === undefined
      ? section
      : section.replace(/```text\n[\s\S]*?```\n/, () => `\`\`\`text\n${run(made).text}\`\`\`\n`);
  });
  writeFileSync(PAGE, fresh);
}

test("docs/reference/diagnostics.md describes every code once, in order, and no code that does not exist", () => {
  const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, code]) => code);
  expect(headings).toEqual(Object.keys(DIAGNOSTIC_CODES));
  expect(sections.map(({ code }) => code)).toEqual(headings);
});

test.each(sections)(
  "docs/reference/diagnostics.md: the example of $code gives $code, and what stands under it",
  (section) => {
    const { diagnostics, text } = run(section);
    expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set([section.code]));
    if (process.env.UPDATE_GOLDEN !== "1") expect(text).toBe(section.output);
  },
);
