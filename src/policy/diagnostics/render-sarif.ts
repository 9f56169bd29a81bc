import { DIAGNOSTIC_CODES } from "./codes.ts";
import { type Diagnostic, formatPath, type Span } from "./diagnostic.ts";
import { isLintCode, LINT_CODES } from "./lint-codes.ts";

interface SarifRule {
  readonly id: string;
  readonly name: string;
  readonly defaultConfiguration: { readonly level: "error" | "warning"; readonly enabled: boolean };
}

interface SarifLocation {
  readonly physicalLocation?: {
    readonly artifactLocation: { readonly uri: string };
    readonly region: Readonly<Record<"startLine" | "startColumn" | "endLine" | "endColumn", number>>;
  };
  readonly logicalLocations?: readonly { readonly fullyQualifiedName: string; readonly kind: "resource" }[];
}

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: "error" | "warning";
  readonly message: { readonly text: string };
  readonly locations: readonly SarifLocation[];
}

/** One run in the Static Analysis Results Interchange Format 2.1.0. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: "2.1.0";
  readonly runs: readonly [
    {
      readonly tool: {
        readonly driver: { readonly name: string; readonly version: string; readonly rules: readonly SarifRule[] };
      };
      readonly columnKind: "utf16CodeUnits";
      readonly results: readonly SarifResult[];
    },
  ];
}

/**
 * Diagnostics as code scanning takes them; the help is part of the message. Files are named as the spans name them,
 * relative to where the command ran. `version` is that of the tool.
 */
export function renderSarif(diagnostics: readonly Diagnostic[], version: string): SarifLog {
  const codes = [...new Set(diagnostics.map((d) => d.code))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const indexes = new Map(codes.map((code, i) => [code, i]));
  const results = diagnostics.map((d) => ({
    ruleId: d.code,
    ruleIndex: indexes.get(d.code) ?? -1,
    level: d.severity,
    message: { text: d.help === undefined ? d.message : `${d.message}\nhelp: ${d.help}` },
    locations: locationsOf(d),
  }));
  const driver = { name: "sallyport", version, rules: codes.map(ruleOf) };
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [{ tool: { driver }, columnKind: "utf16CodeUnits", results }],
  };
}

function ruleOf(code: Diagnostic["code"]): SarifRule {
  const isLint = isLintCode(code);
  const level = isLint ? "warning" : DIAGNOSTIC_CODES[code];
  const enabled = !isLint || LINT_CODES[code] === "on";
  return { id: code, name: code.replace(/^[A-Z]\d+-/, ""), defaultConfiguration: { level, enabled } };
}

function locationsOf({ span, resource, path }: Diagnostic): SarifLocation[] {
  const field = formatPath(path);
  const fullyQualifiedName = [resource, field].filter((part) => part !== undefined && part !== "").join(" ");
  const location = {
    ...(span === undefined ? {} : { physicalLocation: physical(span) }),
    ...(fullyQualifiedName === "" ? {} : { logicalLocations: [{ fullyQualifiedName, kind: "resource" as const }] }),
  };
  return Object.keys(location).length === 0 ? [] : [location];
}

const physical = ({ file, start, end }: Span): NonNullable<SarifLocation["physicalLocation"]> => ({
  artifactLocation: { uri: uriOf(file) },
  region: { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column },
});

/** A path as a URI reference. A first part with a colon would read as a scheme, hence the `./`. */
function uriOf(file: string): string {
  const uri = file.toWellFormed().split("/").map(encodeURIComponent).join("/");
  return /^[^/]*%3A/i.test(uri) ? `./${uri}` : uri;
}
