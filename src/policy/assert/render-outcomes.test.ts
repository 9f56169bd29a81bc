import { expect, test } from "vitest";
import { type Reported, renderTap, renderTestJunit, renderTestSarif } from "./index.ts";

const ALL: readonly Reported[] = [
  { file: "a.test.yaml", line: 3, title: "web-1: tls://a#b: allow", passed: true, lines: [] },
  {
    file: "a.test.yaml",
    line: 5,
    span: { file: "a.test.yaml", start: { line: 5, column: 3 }, end: { line: 6, column: 1 } },
    title: 'none of: "<x>" & \u0007y',
    passed: false,
    lines: ["wanted allow", "denied: no rule admits it", "  p#0 would admit it"],
  },
  { file: "b:c/d.test.yaml", line: 1, title: "t", passed: false, lines: ["m"] },
];

test("TAP: a plan, a line for each, the reasons as YAML; nothing in a title reads as a directive", () => {
  expect(renderTap(ALL)).toBe(`TAP version 14
1..3
ok 1 - a.test.yaml:3 web-1: tls://a\\#b: allow
not ok 2 - a.test.yaml:5 none of: "<x>" & \u0007y
  ---
  message: "wanted allow"
  at: "a.test.yaml:5"
  reasons:
    - "denied: no rule admits it"
    - "p#0 would admit it"
  ...
not ok 3 - b:c/d.test.yaml:1 t
  ---
  message: "m"
  at: "b:c/d.test.yaml:1"
  ...
`);
});

test("JUnit: a suite for each file, counts that add up, text that is XML", () => {
  const xml = renderTestJunit(ALL);
  expect(xml).toContain('<testsuites name="sallyport test" tests="3" failures="2" errors="0">');
  expect(xml).toContain('<testsuite name="a.test.yaml" tests="2" failures="1" errors="0">');
  expect(xml).toContain('name="5: none of: &quot;&lt;x&gt;&quot; &amp; \ufffdy"');
  expect(xml).toContain(
    '<failure message="wanted allow">a.test.yaml:5\nwanted allow\ndenied: no rule admits it\n  p#0 would admit it</failure>',
  );
  expect(xml.match(/<testcase /g)?.length).toBe(3);
});

test("SARIF: what failed, where, and why", () => {
  const { runs } = renderTestSarif(ALL, "1.2.3");
  expect(runs[0]).toMatchObject({
    tool: { driver: { name: "sallyport", version: "1.2.3", rules: [{ id: "assertion-failed" }] } },
    results: [
      {
        ruleId: "assertion-failed",
        message: { text: expect.stringContaining("wanted allow\ndenied: no rule admits it") },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: "a.test.yaml" },
              region: { startLine: 5, startColumn: 3, endLine: 6, endColumn: 1 },
            },
          },
        ],
      },
      {
        locations: [
          { physicalLocation: { artifactLocation: { uri: "./b%3Ac/d.test.yaml" }, region: { startLine: 1 } } },
        ],
      },
    ],
  });
});
