import type { Diagnostic, Path, Span } from "../diagnostics/index.ts";
import { type ConnectionText, connectionFromObject } from "../model/index.ts";
import {
  below,
  checkFields,
  createReport,
  type Draft,
  type Fields,
  isList,
  isMap,
  listField,
  mapField,
  missing,
  type Plain,
  type ReadableDocument,
  type Report,
  readDocuments,
  readResources,
  type Section,
  sectionsField,
  stringField,
  toPlain,
  wordField,
  wrongType,
} from "../text/index.ts";
import { readStatements } from "./parse-statements.ts";
import type { Statement } from "./statement.ts";

/** One connection and the verdict that is wanted. */
export interface AssertionCase {
  readonly connection: ConnectionText;
  readonly want: "allow" | "deny";
  /** The reason that must be among those of the verdict: a PolicyRef as text, `mesh` or `default`. */
  readonly because?: string;
  /** What a client sees, for engines that send traffic. */
  readonly answer?: string;
  /** How to send it, beyond what a connection says; for engines that send traffic. */
  readonly send?: Plain;
  /** What must arrive at the destination; for engines that send traffic. */
  readonly arrives?: Plain;
  readonly name?: string;
  readonly why?: string;
  /** Of the case in its file, from 1. */
  readonly line: number;
  readonly span?: Span;
}

/** One document of a test file. */
export interface AssertionSuite {
  readonly file: string;
  readonly line: number;
  readonly name?: string;
  readonly proxy: { readonly mesh: string; readonly name: string; readonly span?: Span };
  /** Drafts of `resources`, and of an inline Dataplane; empty: the suite is about the files around it. */
  readonly drafts: readonly Draft[];
  /** `files`, as written: relative to the test file. */
  readonly files: readonly { readonly path: string; readonly span?: Span }[];
  readonly cases: readonly AssertionCase[];
}

/** The statements of one document of a test file. */
export interface StatementSuite extends Pick<AssertionSuite, "file" | "line" | "name" | "drafts" | "files"> {
  readonly statements: readonly Statement[];
}

/** All of one test file. */
export interface ParsedAssertions {
  readonly suites: readonly AssertionSuite[];
  /** Of the documents that have any; one may also be a suite, and then has the same `drafts`. */
  readonly statements: readonly StatementSuite[];
  /** Those of the drafts' texts included. */
  readonly diagnostics: readonly Diagnostic[];
}

/** `*.test.yaml`, `*.test.yml`, `*.test.json`: never resources. */
export const isAssertionFile = (file: string): boolean => /\.test\.(?:ya?ml|json)$/.test(file);

/**
 * All suites of a test file, one a document, and its faults. A case with a fault is left out, a suite without a
 * proxy too. Never throws.
 */
export function parseAssertions(file: string, text: string): ParsedAssertions {
  const suites: AssertionSuite[] = [];
  const statements: StatementSuite[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const document of readDocuments(file, text)) {
    diagnostics.push(...document.report.diagnostics);
    if (document.report.hasErrors()) continue;
    const report = createReport(document);
    const read = readSuite(file, report, document, diagnostics);
    if (read.suite !== undefined) suites.push(read.suite);
    if (read.statements !== undefined) statements.push(read.statements);
    diagnostics.push(...report.diagnostics);
  }
  return { suites, statements, diagnostics };
}

const FIELDS: Fields = {
  name: "any",
  why: "any",
  resources: "any",
  files: "any",
  proxy: "any",
  statements: "any",
  cases: {
    connection: "any",
    want: "any",
    because: "any",
    answer: "any",
    send: "any",
    arrives: "any",
    name: "any",
    why: "any",
  },
};

function readSuite(
  file: string,
  report: Report,
  document: ReadableDocument,
  diagnostics: Diagnostic[],
): { readonly suite?: AssertionSuite; readonly statements?: StatementSuite } {
  if (!isMap(document.value)) {
    report.add({
      code: "E006-not-a-map",
      path: [],
      message: "a test is a map of fields",
      help: "write `proxy` and `cases`, or `statements`",
    });
    return {};
  }
  const root: Section = { map: document.value, path: [] };
  checkFields(report, root.map, [], FIELDS);
  const drafts: Draft[] = [];
  const inline = (path: Path, value: ReadableDocument["value"]): Draft | undefined => {
    const parsed = readResources(file, [{ value, ...below(document, path) }]);
    diagnostics.push(...parsed.diagnostics);
    drafts.push(...parsed.drafts);
    return parsed.drafts[0];
  };
  for (const [i, value] of (listField(report, root, "resources") ?? []).entries()) inline(["resources", i], value);
  const proxy = readProxy(report, root, inline);
  const files = readFiles(report, document, root);
  const cases = readCases(report, document, root);
  const name = stringField(report, root, "name");
  const about = {
    file,
    line: document.spanOf([])?.start.line ?? 1,
    ...(name === undefined ? {} : { name }),
    drafts,
    files,
  };
  const own = proxy === undefined ? undefined : { mesh: proxy.mesh, names: [proxy.name] };
  const isMeant = root.map.has("statements") && (proxy !== undefined || !root.map.has("proxy"));
  const statements = isMeant ? { ...about, statements: readStatements(report, document, root, own) } : undefined;
  const span = document.spanOf(["proxy"]);
  const suite =
    proxy === undefined ? undefined : { ...about, proxy: { ...proxy, ...(span === undefined ? {} : { span }) }, cases };
  return { ...(suite === undefined ? {} : { suite }), ...(statements === undefined ? {} : { statements }) };
}

function readProxy(
  report: Report,
  root: Section,
  inline: (path: Path, value: ReadableDocument["value"]) => Draft | undefined,
): { mesh: string; name: string } | undefined {
  if (!root.map.has("proxy") && root.map.has("statements") && !root.map.has("cases")) return undefined;
  if (!root.map.has("proxy"))
    return missing(report, root, "proxy", "write `proxy: { mesh: default, name: web-1 }`, or a Dataplane");
  const section = mapField(report, root, "proxy");
  if (section === undefined) return undefined;
  if (section.map.has("type") || section.map.has("kind")) {
    const draft = inline(section.path, section.map);
    if (draft?.type !== "Dataplane") {
      report.add({
        code: "E105-unknown-value",
        path: section.path,
        message: "the proxy of a test is a Dataplane",
        help: "write `proxy: { mesh: default, name: web-1 }`, or a Dataplane; other resources go into `resources`",
      });
      return undefined;
    }
    const { resource } = draft;
    return resource === undefined ? undefined : { mesh: resource.meta.mesh, name: resource.meta.name };
  }
  checkFields(report, section.map, section.path, { mesh: "any", name: "any" });
  const mesh = section.map.has("mesh") ? stringField(report, section, "mesh") : missing(report, section, "mesh");
  const name = section.map.has("name") ? stringField(report, section, "name") : missing(report, section, "name");
  return mesh === undefined || name === undefined ? undefined : { mesh, name };
}

function readFiles(report: Report, document: ReadableDocument, root: Section): AssertionSuite["files"] {
  return (listField(report, root, "files") ?? []).flatMap((value, i) => {
    if (typeof value !== "string") return wrongType(report, ["files", i], value, "string") ?? [];
    const span = document.spanOf(["files", i]);
    return [{ path: value, ...(span === undefined ? {} : { span }) }];
  });
}

function readCases(report: Report, document: ReadableDocument, root: Section): AssertionCase[] {
  if (!root.map.has("cases") && !root.map.has("statements"))
    missing(report, root, "cases", "write a list of connections, each with `want`");
  const cases: AssertionCase[] = [];
  for (const [i, section] of sectionsField(report, root, "cases")) {
    const read = readCase(report, section, document.spanOf(["cases", i]));
    if (read !== undefined) cases.push(read);
  }
  return cases;
}

function readCase(report: Report, section: Section, span: Span | undefined): AssertionCase | undefined {
  const connection = readConnection(report, section);
  const want = section.map.has("want")
    ? wordField(report, section, "want", ["allow", "deny"] as const)
    : missing(report, section, "want", "write `want: allow` or `want: deny`");
  const texts: Partial<Record<"because" | "answer" | "name" | "why", string>> = {};
  for (const field of ["because", "name", "why"] as const) {
    const text = stringField(report, section, field);
    if (text !== undefined) texts[field] = text;
  }
  const answer = section.map.get("answer");
  if (typeof answer === "string" || typeof answer === "number") texts.answer = String(answer);
  else if (answer !== undefined) wrongType(report, [...section.path, "answer"], answer, "string");
  if (connection === undefined || want === undefined) return undefined;
  const send = section.map.get("send");
  const arrives = section.map.get("arrives");
  return {
    connection,
    want,
    ...texts,
    ...(send === undefined ? {} : { send: toPlain(send) }),
    ...(arrives === undefined ? {} : { arrives: toPlain(arrives) }),
    line: span?.start.line ?? 1,
    ...(span === undefined ? {} : { span }),
  };
}

function readConnection(report: Report, section: Section): ConnectionText | undefined {
  const value = section.map.get("connection");
  if (value === undefined)
    return missing(report, section, "connection", "write `tls://httpbin.org:443`, or the long form");
  const path = [...section.path, "connection"];
  if (value === null || isList(value)) return wrongType(report, path, value, "string");
  const connection = connectionFromObject(toPlain(value));
  if (connection.ok) return connection.value;
  report.add({
    code: "E140-bad-connection",
    path,
    message: "this is not a connection",
    help: connection.help,
  });
  return undefined;
}
