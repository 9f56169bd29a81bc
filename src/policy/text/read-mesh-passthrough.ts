import { quote } from "../diagnostics/index.ts";
import { type MeshPassthrough, MODES, PROXY_TYPES, type ProxyType, type Rule, type TargetRef } from "../model/index.ts";
import type { Draft, Entry } from "./draft.ts";
import {
  at,
  listField,
  mapField,
  missing,
  oneOf,
  type Section,
  sectionsField,
  stringField,
  stringsField,
  wordField,
  wrongType,
} from "./fields.ts";
import { nearestWord } from "./nearest.ts";
import { readRule } from "./read-rule.ts";
import type { Report } from "./report.ts";
import { isMap } from "./value.ts";

/** What a document says as a MeshPassthrough, without its meta. */
export type PolicyReading = Pick<Draft, "entries" | "mode"> & {
  readonly body: Omit<MeshPassthrough, "type" | "meta">;
};

/** Reads `spec`; `spec` is absent where the document has none. */
export function readMeshPassthrough(report: Report, spec: Section | undefined): PolicyReading {
  if (spec === undefined) return { entries: [], body: { rules: [] } };
  const targetRef = readTargetRef(report, spec);
  const conf = mapField(report, spec, "default");
  if (conf === undefined)
    return { entries: [], body: { ...(targetRef === undefined ? {} : { targetRef }), rules: [] } };
  const mode = conf.map.has("passthroughMode") ? wordField(report, conf, "passthroughMode", MODES) : undefined;
  const entries: Entry[] = [];
  const rules: Rule[] = [];
  for (const [i, section] of sectionsField(report, conf, "appendMatch")) {
    const { entry, rule } = readRule(report, section, i);
    entries.push(entry);
    if (rule !== undefined) rules.push(rule);
  }
  const body = {
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(mode === undefined ? {} : { mode }),
    rules,
  };
  if (!conf.map.has("passthroughMode")) return { entries, body };
  return { entries, mode: mode ?? "unreadable", body };
}

const OTHER_FIELDS = ["name", "mesh", "tags", "labels", "namespace", "sectionName"] as const;

const MAPS: readonly string[] = ["tags", "labels"];

function readTargetRef(report: Report, spec: Section): TargetRef | undefined {
  const section = mapField(report, spec, "targetRef");
  if (section === undefined) return undefined;
  const kind = readKind(report, section);
  const proxyTypes = readProxyTypes(report, section);
  if (kind === undefined) return undefined;
  for (const field of OTHER_FIELDS) {
    const value = section.map.get(field);
    if (value === undefined || (kind === "MeshSubset" && field === "tags")) continue;
    const isOfType = MAPS.includes(field) ? isMap(value) : typeof value === "string";
    if (!isOfType) wrongType(report, at(section, field), value, MAPS.includes(field) ? "map" : "string");
    // Kuma takes an empty string or map as not set.
    if (!isOfType || value === "" || (isMap(value) && value.size === 0)) continue;
    report.add({
      code: "E116-target-ref-field",
      path: at(section, field),
      message: `\`${field}\` cannot be set with kind \`${kind}\``,
      help: field === "tags" ? "tags select proxies with kind `MeshSubset`" : "leave the field out",
      at: "key",
    });
  }
  const types = proxyTypes === undefined ? {} : { proxyTypes };
  if (kind === "Mesh") return { kind, ...types };
  return { kind, ...types, tags: stringsField(report, section, "tags") };
}

const KINDS = ["Mesh", "MeshSubset"] as const;
const KIND_HELP: Readonly<Record<string, string>> = {
  MeshService: "select a service with kind `MeshSubset` and the tag `kuma.io/service`",
  MeshServiceSubset: "select a service with kind `MeshSubset` and its tags",
  MeshGateway: "select gateways with kind `Mesh` or `MeshSubset`, and `proxyTypes: [Gateway]`",
  Dataplane: "select proxies with kind `MeshSubset` and their tags",
};

function readKind(report: Report, section: Section): (typeof KINDS)[number] | undefined {
  const help = "write `kind: Mesh`, or `kind: MeshSubset` with tags";
  if (!section.map.has("kind")) return missing(report, section, "kind", help);
  const text = stringField(report, section, "kind");
  if (text === undefined) return undefined;
  const kind = KINDS.find((k) => k === text);
  if (kind !== undefined) return kind;
  const nearest = nearestWord(text, KINDS);
  report.add({
    code: "E117-target-ref-kind",
    path: at(section, "kind"),
    message: `${quote(text)} is not a kind that this policy supports`,
    help:
      (Object.hasOwn(KIND_HELP, text) ? KIND_HELP[text] : undefined) ??
      (nearest === undefined ? help : `did you mean \`${nearest}\`?`),
  });
  return undefined;
}

function readProxyTypes(report: Report, section: Section): readonly ProxyType[] | undefined {
  const list = listField(report, section, "proxyTypes");
  if (list === undefined) return undefined;
  const path = at(section, "proxyTypes");
  if (list.length === 0)
    report.add({
      code: "E115-empty-list",
      path,
      message: "`proxyTypes` is empty: it would select no proxy",
      help: "leave the field out to select every type of proxy",
    });
  const types: ProxyType[] = [];
  for (const [i, item] of list.entries()) {
    const type =
      typeof item === "string"
        ? oneOf(report, [...path, i], item, PROXY_TYPES)
        : wrongType(report, [...path, i], item, "string");
    if (type !== undefined) types.push(type);
  }
  return types;
}
