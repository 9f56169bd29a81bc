import type { Reported } from "./render-outcomes.ts";

/** What code scanning takes of a test that failed. */
export interface TestSarif {
  readonly $schema: string;
  readonly version: "2.1.0";
  readonly runs: readonly [object];
}

/** The assertions that failed, in the Static Analysis Results Interchange Format 2.1.0. `version` is that of the tool. */
export function renderTestSarif(all: readonly Reported[], version: string): TestSarif {
  const results = all
    .filter(({ passed }) => !passed)
    .map((one) => ({
      ruleId: "assertion-failed",
      ruleIndex: 0,
      level: "error",
      message: { text: [one.title, ...one.lines].join("\n") },
      locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(one.file) }, region: regionOf(one) } }],
    }));
  const rules = [
    { id: "assertion-failed", name: "assertion-failed", defaultConfiguration: { level: "error", enabled: true } },
  ];
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver: { name: "sallyport", version, rules } }, columnKind: "utf16CodeUnits", results }],
  };
}

function regionOf({ line, span }: Reported): Readonly<Record<string, number>> {
  if (span === undefined) return { startLine: line };
  const { start, end } = span;
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

/** A path as a URI reference. A first part with a colon would read as a scheme, hence the `./`. */
function uriOf(file: string): string {
  const uri = file.toWellFormed().split("/").map(encodeURIComponent).join("/");
  return /^[^/]*%3A/i.test(uri) ? `./${uri}` : uri;
}
