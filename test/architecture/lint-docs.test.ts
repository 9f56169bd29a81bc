import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { check } from "../../src/policy/check/index.ts";
import { isLintCode, LINT_CODES, type LintCode, renderText } from "../../src/policy/diagnostics/index.ts";
import { lint } from "../../src/policy/lint/index.ts";
import { ROOT } from "./sources.ts";

const FOLDER = join(ROOT, "docs", "reference", "lints");
/** The pages say which day it is in their examples. */
const NOW = Date.parse("2031-06-15T12:00:00Z");
const SECTIONS = ["Avoid", "Prefer", "Why", "Options"];
const OUTPUT = /```text\n([\s\S]*?)```\n/;

const overview = readFileSync(join(FOLDER, "README.md"), "utf8");
const pages = readdirSync(FOLDER)
  .filter((file) => file !== "README.md")
  .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  .map((file) => ({ code: file.replace(/\.md$/, ""), text: readFileSync(join(FOLDER, file), "utf8") }));

const section = (text: string, title: string): string =>
  text.split(/^## /m).find((s) => s.startsWith(`${title}\n`)) ?? "";
const yamlOf = (text: string): string => /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? "";

function run(text: string, ...enable: readonly LintCode[]) {
  const texts = [{ file: "policy.yaml", text }];
  const checked = check(texts);
  const diagnostics = lint(checked, { enable, now: NOW, texts });
  return {
    errors: checked.diagnostics.filter(({ severity }) => severity === "error"),
    codes: [...new Set(diagnostics.map(({ code }) => code))],
    text: `${renderText(diagnostics, new Map([["policy.yaml", text]]))}\n`,
  };
}

test("there is a page for each lint, and none for what is no lint", () => {
  expect(pages.map(({ code }) => code)).toEqual(Object.keys(LINT_CODES));
});

test("the overview names every lint once, in order, and whether it is on", () => {
  const rows = [...overview.matchAll(/^\| \[(\S+)\]\((\S+)\.md\) \| (on|off) \| /gm)].map(([, name, page, on]) => [
    name,
    page,
    on,
  ]);
  expect(rows).toEqual(Object.entries(LINT_CODES).map(([code, on]) => [code, code, on]));
});

test("every example of the overview is allowed what would be found in it", () => {
  const examples = [...overview.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = ""]) => yaml);
  expect(examples.length).toBe(3);
  for (const yaml of examples) {
    expect(run(yaml).errors).toEqual([]);
    expect(run(yaml).codes).toEqual([]);
    expect(run(yaml.replaceAll("sallyport", "someone")).codes).not.toEqual([]);
  }
});

describe.each(pages)("docs/reference/lints/$code.md", ({ code, text }) => {
  const avoid = section(text, "Avoid");
  const lintCode = isLintCode(code) ? [code] : [];

  if (process.env.UPDATE_GOLDEN === "1")
    writeFileSync(
      join(FOLDER, `${code}.md`),
      text.replace(OUTPUT, () => `\`\`\`text\n${run(yamlOf(avoid), ...lintCode).text}\`\`\`\n`),
    );

  test("has its code as title, and the four sections in order", () => {
    expect(text).toMatch(new RegExp(`^# ${code}\n\n\\S`));
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual(SECTIONS);
    for (const title of SECTIONS) expect(section(text, title).split("\n\n").length).toBeGreaterThan(1);
  });

  test("what to avoid gives this code, and what stands under it", () => {
    const { errors, codes, text: output } = run(yamlOf(avoid), ...lintCode);
    expect(errors).toEqual([]);
    expect(codes).toContain(code);
    expect(code === "L418-bad-suppression" ? ["L406-all-ports", code] : [code]).toEqual(expect.arrayContaining(codes));
    if (process.env.UPDATE_GOLDEN !== "1") expect(OUTPUT.exec(avoid)?.[1]).toBe(output);
  });

  test("what to prefer gives nothing", () => {
    const yaml = yamlOf(section(text, "Prefer"));
    expect(yaml).not.toBe("");
    expect(run(yaml, ...lintCode).errors).toEqual([]);
    expect(run(yaml, ...lintCode).codes).toEqual([]);
  });

  test("says under Options whether it is on", () => {
    const [first = ""] = section(text, "Options").split("\n\n").slice(1);
    expect(first).toMatch(isLintCode(code) && LINT_CODES[code] === "on" ? /^On\b/ : /^Off\b/);
  });
});
