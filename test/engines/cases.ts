/** The cases of `test/cases`, which every engine runs: each file is a small world with connections and wanted verdicts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { AssertionCase } from "../../src/policy/assert/index.ts";
import { type CheckedProxy, check } from "../../src/policy/check/index.ts";
import type { Diagnostic } from "../../src/policy/diagnostics/index.ts";

export const CASES_FOLDER = join(import.meta.dirname, "..", "cases");

export interface CaseFile {
  /** Without `.yaml`: names the file in the titles of tests. */
  readonly name: string;
  readonly proxy: CheckedProxy;
  readonly cases: readonly AssertionCase[];
  /** The resources alone, as a file that a control plane reads. */
  readonly resources: string;
}

/** What {@link loadCases} finds; a diagnostic that is an error is a fault of the cases. */
export interface Cases {
  readonly files: readonly CaseFile[];
  readonly diagnostics: readonly Diagnostic[];
}

export function loadCases(folder: string = CASES_FOLDER): Cases {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort((a, b) => (a < b ? -1 : 1));
  const diagnostics: Diagnostic[] = [];
  const files = names.flatMap((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    const checked = check([{ file, text }], { isAssertions: () => true });
    diagnostics.push(...checked.diagnostics);
    const resources = resourcesOf(text);
    if (resources.length !== checked.suites.length) throw new Error(`${file}: a suite has no sound proxy`);
    return checked.suites.map(({ suite, proxy }, i) => ({
      name: file.replace(/\.yaml$/, ""),
      proxy,
      cases: suite.cases,
      resources: resources[i] ?? "",
    }));
  });
  return { files, diagnostics };
}

/** A suite as written, as far as it matters here. */
interface WrittenSuite {
  readonly resources: readonly object[];
  /** A reference, or a Dataplane written out. */
  readonly proxy: object;
}

/** Of each document of a file. JSON is YAML, so every resource can be a document of its own as it stands. */
function resourcesOf(text: string): string[] {
  return parseAllDocuments(text).map((document) => {
    const { resources, proxy }: WrittenSuite = document.toJS();
    const all = "type" in proxy || "kind" in proxy ? [...resources, proxy] : resources;
    return all.map((resource) => `${JSON.stringify(resource)}\n`).join("---\n");
  });
}

/** Names a case in the title of a test and in a report. */
export const titleOf = (file: CaseFile, one: AssertionCase): string =>
  `${file.name}:${one.line}${one.why === undefined ? "" : ` ${one.why}`}`;
