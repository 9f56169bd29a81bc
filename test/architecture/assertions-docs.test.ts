import { expect, test } from "vitest";
import { parseAssertions } from "../../src/policy/assert/index.ts";
import { check } from "../../src/policy/check/index.ts";
import { decide } from "../../src/policy/decide/index.ts";
import { addressed } from "../../src/policy/model/index.ts";
import { readText } from "./sources.ts";

const page = readText("docs/reference/assertions.md");
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)```$/gm)].map(([, yaml = ""], i) => ({ i, yaml }));

test.each(examples)("docs/reference/assertions.md: example $i is read without a word", ({ yaml }) => {
  const { suites, diagnostics } = parseAssertions("doc.test.yaml", yaml);
  expect(diagnostics).toEqual([]);
  expect(suites.flatMap(({ cases }) => cases).length).toBeGreaterThan(0);
});

test("docs/reference/assertions.md: the test that needs no other file passes", () => {
  const { suites } = check([{ file: "doc.test.yaml", text: examples.at(-1)?.yaml ?? "" }]);
  const verdicts = suites.flatMap(({ suite, proxy }) =>
    suite.cases.map(({ connection, want }) => {
      const known = addressed(connection);
      return known !== undefined && decide(proxy.effective, known).kind === want;
    }),
  );
  expect(verdicts).toEqual([true]);
});

test("docs/reference/assertions.md names every field that a test and a case can have", () => {
  const known = parseAssertions("x.test.yaml", "nothing: 1\ncases: [{nothing: 1}]\n").diagnostics;
  const fields = known.flatMap(({ help }) => [...(help ?? "").matchAll(/`(\w+)`/g)].map(([, field]) => field));
  expect(fields).toContain("because");
  for (const field of fields) expect(page).toContain(`\`${field}\``);
});
