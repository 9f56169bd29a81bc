import { expect, test } from "vitest";
import { type Diagnostic, renderSarif } from "./index.ts";

const ERROR: Diagnostic = {
  code: "E101-port-out-of-range",
  severity: "error",
  resource: "MeshPassthrough/default/p",
  path: ["spec", "default", "appendMatch", 2, "port"],
  message: "no port",
  help: "write one",
  span: { file: "a folder/f#1.yaml", start: { line: 2, column: 7 }, end: { line: 2, column: 10 } },
};
const LINT: Diagnostic = { code: "L412-no-owner", severity: "warning", path: [], message: "no owner" };

test("a result has the rule, the level, the place and the words", () => {
  const { version, runs } = renderSarif([ERROR], "1.2.3");
  expect(version).toBe("2.1.0");
  expect(runs[0].columnKind).toBe("utf16CodeUnits");
  expect(runs[0].results).toEqual([
    {
      ruleId: "E101-port-out-of-range",
      ruleIndex: 0,
      level: "error",
      message: { text: "no port\nhelp: write one" },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "a%20folder/f%231.yaml" },
            region: { startLine: 2, startColumn: 7, endLine: 2, endColumn: 10 },
          },
          logicalLocations: [
            { fullyQualifiedName: "MeshPassthrough/default/p spec.default.appendMatch[2].port", kind: "resource" },
          ],
        },
      ],
    },
  ]);
});

test("each code is a rule once, whatever the order, with its level and whether it looks unasked", () => {
  const [run] = renderSarif([LINT, ERROR, LINT], "1.2.3").runs;
  expect(run.tool.driver).toEqual({
    name: "sallyport",
    version: "1.2.3",
    rules: [
      { id: ERROR.code, name: "port-out-of-range", defaultConfiguration: { level: "error", enabled: true } },
      { id: LINT.code, name: "no-owner", defaultConfiguration: { level: "warning", enabled: false } },
    ],
  });
  expect(run.results.map(({ ruleIndex }) => ruleIndex)).toEqual([1, 0, 1]);
  expect(run.results[0]?.locations).toEqual([]);
});

test("a file name is a reference, never a scheme, and never breaks the encoding", () => {
  const uriOf = (file: string) => {
    const span = { file, start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };
    return renderSarif([{ ...LINT, span }], "1").runs[0].results[0]?.locations[0]?.physicalLocation?.artifactLocation
      .uri;
  };
  expect(uriOf("../x/é.yaml")).toBe("../x/%C3%A9.yaml");
  expect(uriOf("c:x.yaml")).toBe("./c%3Ax.yaml");
  expect(uriOf("/a/b:c.yaml")).toBe("/a/b%3Ac.yaml");
  expect(uriOf("\ud800.yaml")).toBe("%EF%BF%BD.yaml");
});
