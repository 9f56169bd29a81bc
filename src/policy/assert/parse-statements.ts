import { quote } from "../diagnostics/index.ts";
import type { Labels } from "../model/index.ts";
import {
  checkFields,
  isList,
  isMap,
  mapField,
  type ReadableDocument,
  type Report,
  type Section,
  sectionsField,
  stringField,
  wrongType,
} from "../text/index.ts";
import { readClasses } from "./parse-class.ts";
import { CLAIMS, type ProxyFilter, type Statement } from "./statement.ts";

const STATEMENT_FIELDS = {
  no: "any",
  only: "any",
  every: "any",
  except: "any",
  for: "any",
  name: "any",
  why: "any",
} as const;

/**
 * The list `statements` of a test, without those that have a fault. `proxy` is the test's own: a statement without
 * `for` is about it, or about every proxy where the test names none.
 */
export function readStatements(
  report: Report,
  document: ReadableDocument,
  root: Section,
  proxy: ProxyFilter | undefined,
): readonly Statement[] {
  const statements: Statement[] = [];
  for (const [i, section] of sectionsField(report, root, "statements")) {
    checkFields(report, section.map, section.path, STATEMENT_FIELDS);
    const body = readBody(report, section);
    const about = section.map.has("for") ? readFilter(report, section) : (proxy ?? {});
    const [name, why] = [stringField(report, section, "name"), stringField(report, section, "why")];
    if (body === undefined || about === undefined) continue;
    const span = document.spanOf(["statements", i]);
    statements.push({
      ...body,
      for: about,
      ...(name === undefined ? {} : { name }),
      ...(why === undefined ? {} : { why }),
      line: span?.start.line ?? 1,
      ...(span === undefined ? {} : { span }),
    });
  }
  return statements;
}

function readBody(report: Report, section: Section): Pick<Statement, "claim" | "classes" | "except"> | undefined {
  const claims = CLAIMS.filter((claim) => section.map.has(claim));
  const [claim, second] = claims;
  if (claim === undefined || second !== undefined) {
    report.add({
      code: claim === undefined ? "E102-missing-field" : "E105-unknown-value",
      path: claim === undefined ? section.path : [...section.path, second ?? claim],
      message:
        claim === undefined
          ? "a statement says `no`, `only` or `every`"
          : `\`${claim}\` and \`${second}\` are two statements`,
      help: 'such as `no: { port: 25 }`, `only: { names: "*.example.com" }` or `every: { traffic: tls, port: 443 }`',
      ...(claim === undefined ? {} : { at: "key" as const }),
    });
    return undefined;
  }
  const classes = classesOf(report, section, claim);
  const except = section.map.has("except") ? classesOf(report, section, "except") : [];
  return classes === undefined || except === undefined ? undefined : { claim, classes, except };
}

const classesOf = (report: Report, section: Section, field: string) =>
  readClasses({ report, path: [...section.path, field] }, section.map.get(field) ?? null);

const FILTER_FIELDS: readonly string[] = ["proxy", "mesh", "tags"];

function readFilter(report: Report, section: Section): ProxyFilter | undefined {
  const filter = mapField(report, section, "for");
  if (filter === undefined) return undefined;
  // An error, not a warning: without the field the statement would be about other proxies.
  for (const field of filter.map.keys())
    if (!FILTER_FIELDS.includes(field)) {
      const help = "proxies are told by `proxy`, `mesh` and `tags`";
      report.add({
        code: "E105-unknown-value",
        path: [...filter.path, field],
        message: `${quote(field)} tells no proxies`,
        help,
      });
      return undefined;
    }
  const mesh = stringField(report, filter, "mesh");
  const names = readNames(report, filter);
  const tags = readTags(report, filter);
  const isFaulty = (field: string, read: unknown): boolean => filter.map.has(field) && read === undefined;
  if (isFaulty("mesh", mesh) || isFaulty("proxy", names) || isFaulty("tags", tags)) return undefined;
  return {
    ...(mesh === undefined ? {} : { mesh }),
    ...(names === undefined ? {} : { names }),
    ...(tags === undefined ? {} : { tags }),
  };
}

function readNames(report: Report, filter: Section): readonly string[] | undefined {
  const value = filter.map.get("proxy");
  if (value === undefined) return undefined;
  const names = isList(value) ? value : [value];
  for (const [i, name] of names.entries())
    if (typeof name !== "string")
      return wrongType(report, [...filter.path, "proxy", ...(isList(value) ? [i] : [])], name, "string");
  return names.filter((name) => typeof name === "string");
}

function readTags(report: Report, filter: Section): Labels | undefined {
  const value = filter.map.get("tags");
  if (value === undefined) return undefined;
  const path = [...filter.path, "tags"];
  if (!isMap(value)) return wrongType(report, path, value, "map");
  const tags: [string, string][] = [];
  for (const [tag, text] of value) {
    if (typeof text !== "string") return wrongType(report, [...path, tag], text, "string");
    tags.push([tag, text]);
  }
  return Object.fromEntries(tags);
}
