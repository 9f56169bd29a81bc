/**
 * Reading one field: the value if it has the right type, else a diagnostic and undefined. An absent field is not
 * a fault unless it is required.
 */
import { type Path, quote } from "../diagnostics/index.ts";
import { nearestWord } from "./nearest.ts";
import type { Report } from "./report.ts";
import { isList, isMap, kindOfValue, type Value, type ValueMap } from "./value.ts";

/** A map and where it stands. */
export interface Section {
  readonly map: ValueMap;
  readonly path: Path;
}

/** The path of a field of a section. */
export const at = (section: Section, field: string): Path => [...section.path, field];

type Kind = "string" | "number" | "boolean" | "map" | "list";
const WANTED: Readonly<Record<Kind, string>> = {
  string: "a string",
  number: "a number",
  boolean: "`true` or `false`",
  map: "a map",
  list: "a list",
};

/** Report that a value is not what it must be. */
export function wrongType(report: Report, path: Path, value: Value, kind: Kind): undefined {
  const name = String(path.at(-1) ?? "document");
  if (value === null)
    report.add({
      code: "E104-null-value",
      path,
      message: `${typeof path.at(-1) === "number" ? `item ${name}` : quote(name)} has no value`,
      help: `write ${WANTED[kind]}, or leave the field out`,
    });
  else
    report.add({
      code: "E103-wrong-type",
      path,
      message: `${typeof path.at(-1) === "number" ? `item ${name}` : quote(name)} must be ${WANTED[kind]}, not ${kindOfValue(value)}`,
      help: helpFor(value, kind, name),
    });
  return undefined;
}

function helpFor(value: Value, kind: Kind, name: string): string | undefined {
  if (kind === "string" && (typeof value === "number" || typeof value === "boolean")) return "put the value in quotes";
  if (kind === "number" && typeof value === "string" && /^\d+$/.test(value)) return "write the number without quotes";
  if (name === "port" && (isList(value) || (typeof value === "string" && /^\d+\s*[-,]\s*\d+$/.test(value))))
    return "write one number, in an entry for each that is meant";
  return undefined;
}

/** Report that a required field is not there. */
export function missing(report: Report, section: Section, field: string, help?: string): undefined {
  report.add({ code: "E102-missing-field", path: at(section, field), message: `\`${field}\` is missing`, help });
  return undefined;
}

/** The text of a field; undefined if absent, or reported to be something else. */
export function stringField(report: Report, section: Section, field: string): string | undefined {
  const value = section.map.get(field);
  if (value === undefined || typeof value === "string") return value;
  return wrongType(report, at(section, field), value, "string");
}

/** As {@link stringField}, for a number. */
export function numberField(report: Report, section: Section, field: string): number | undefined {
  const value = section.map.get(field);
  if (value === undefined || typeof value === "number") return value;
  return wrongType(report, at(section, field), value, "number");
}

/** As {@link stringField}, for `true` or `false`. */
export function booleanField(report: Report, section: Section, field: string): boolean | undefined {
  const value = section.map.get(field);
  if (value === undefined || typeof value === "boolean") return value;
  return wrongType(report, at(section, field), value, "boolean");
}

/** As {@link stringField}, for a map. */
export function mapField(report: Report, section: Section, field: string): Section | undefined {
  const value = section.map.get(field);
  if (value === undefined) return undefined;
  if (isMap(value)) return { map: value, path: at(section, field) };
  return wrongType(report, at(section, field), value, "map");
}

/** As {@link stringField}, for a list. */
export function listField(report: Report, section: Section, field: string): readonly Value[] | undefined {
  const value = section.map.get(field);
  if (value === undefined || isList(value)) return value;
  return wrongType(report, at(section, field), value, "list");
}

/** The maps of a list, with their positions; other items are reported. */
export function sectionsField(report: Report, section: Section, field: string): [index: number, item: Section][] {
  const out: [number, Section][] = [];
  for (const [i, item] of (listField(report, section, field) ?? []).entries()) {
    const path = [...section.path, field, i];
    if (isMap(item)) out.push([i, { map: item, path }]);
    else wrongType(report, path, item, "map");
  }
  return out;
}

/** One of the given words. */
export function wordField<W extends string>(
  report: Report,
  section: Section,
  field: string,
  words: readonly W[],
): W | undefined {
  const value = stringField(report, section, field);
  return value === undefined ? undefined : oneOf(report, at(section, field), value, words);
}

/** `text` if it is one of the words; else a diagnostic with the closest. */
export function oneOf<W extends string>(report: Report, path: Path, text: string, words: readonly W[]): W | undefined {
  const word = words.find((w) => w === text);
  if (word !== undefined) return word;
  const nearest = otherWord(text, words) ?? nearestWord(text, words);
  report.add({
    code: "E105-unknown-value",
    path,
    message: `${quote(text)} is not one of ${words.map((w) => `\`${w}\``).join(", ")}`,
    help: nearest === undefined ? undefined : `did you mean \`${nearest}\`?`,
  });
  return undefined;
}

/** What people write for a word: other names of the same, nearer to the wrong word or to none. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  https: "tls",
  ssl: "tls",
  sni: "tls",
  h2: "http2",
  h2c: "http2",
  http1: "http",
  "http/1.1": "http",
  "http/2": "http2",
  dns: "Domain",
  fqdn: "Domain",
  host: "Domain",
  hostname: "Domain",
  address: "IP",
  ipv4: "IP",
  ipv6: "IP",
  block: "CIDR",
  subnet: "CIDR",
};

function otherWord<W extends string>(text: string, words: readonly W[]): W | undefined {
  const lower = text.toLowerCase();
  return Object.hasOwn(OTHER_WORDS, lower) ? words.find((word) => word === OTHER_WORDS[lower]) : undefined;
}

/** A map of strings: labels, tags, annotations. Items that are no strings are reported and left out. */
export function stringsField(report: Report, section: Section, field: string): Readonly<Record<string, string>> {
  const inner = mapField(report, section, field);
  const pairs: [string, string][] = [];
  for (const [key, value] of inner?.map ?? []) {
    if (typeof value === "string") pairs.push([key, value]);
    else wrongType(report, [...section.path, field, key], value, "string");
  }
  return Object.fromEntries(pairs);
}
