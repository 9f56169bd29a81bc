import { DIAGNOSTIC_CODES, type Diagnostic, quote } from "../diagnostics/index.ts";
import { type Form, type Meta, RESOURCE_TYPES, type Resource, type ResourceType } from "../model/index.ts";
import { readDocuments } from "./documents.ts";
import type { Draft, Located, ParsedText } from "./draft.ts";
import { mapField, missing, type Section, wrongType } from "./fields.ts";
import { checkFields, knownFields } from "./known-fields.ts";
import { nearestWord } from "./nearest.ts";
import { readDataplane, readMesh } from "./read-dataplane.ts";
import { readMeshPassthrough } from "./read-mesh-passthrough.ts";
import { identify, readMeta } from "./read-meta.ts";
import { below, createReport, type Locator, type Report } from "./report.ts";
import type { Ambiguous } from "./to-value.ts";
import { isList, isMap, type Value, type ValueMap } from "./value.ts";

const API_VERSION = "kuma.io/v1alpha1";

/**
 * All resources of a text and all its faults. `file` is only copied into spans. Never throws, whatever the text;
 * a document with an error gives no resource, but a draft, so that the rest of it can still be checked.
 */
export function parseResources(file: string, text: string): ParsedText {
  return readResources(file, readDocuments(file, text));
}

/** A document, or a part of one that holds a resource. */
export type ReadableDocument = Locator & {
  readonly value: Value;
  readonly report?: Report;
  readonly ambiguous?: readonly Ambiguous[];
};

/** As {@link parseResources}, from documents that have been read already. */
export function readResources(file: string, documents: Iterable<ReadableDocument>): ParsedText {
  const drafts: Draft[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const document of documents) {
    for (const diagnostic of document.report?.diagnostics ?? []) diagnostics.push(diagnostic);
    if (document.report?.hasErrors() === true) continue;
    const before = drafts.length;
    for (const { value, places } of resourcesIn(document)) {
      const { draft, report } = readResource(file, value, places);
      if (draft !== undefined) drafts.push(draft);
      for (const diagnostic of report.diagnostics) diagnostics.push(diagnostic);
    }
    if (drafts.length > before) diagnostics.push(...(document.ambiguous ?? []).map(ambiguityOf));
  }
  return { resources: drafts.flatMap(located), drafts, diagnostics };
}

function ambiguityOf({ span, written, here, there }: Ambiguous): Diagnostic {
  const code = "W312-ambiguous-yaml";
  return {
    code,
    severity: DIAGNOSTIC_CODES[code],
    path: [],
    message: `${quote(written)} is ${here === "text" ? "a text" : quote(here)} here, and ${quote(there)} where YAML 1.1 is read, as by kubectl and Kuma`,
    help: here === "text" ? "put it in quotes" : "write it without the zero in front",
    span,
  };
}

function located({ resource, spanOf }: Draft): Located[] {
  return resource === undefined ? [] : [{ resource, spanOf }];
}

/** The document itself, or the items of a list as `kubectl get -o yaml` and the REST API print it. */
function resourcesIn(document: ReadableDocument): { value: Value; places: Locator }[] {
  const { value } = document;
  const kind = isMap(value) ? value.get("kind") : undefined;
  const items = isMap(value) && !value.has("type") ? value.get("items") : undefined;
  if (!isList(items) || (kind !== undefined && !(typeof kind === "string" && kind.endsWith("List"))))
    return [{ value, places: document }];
  return items.map((item, i) => ({ value: item, places: below(document, ["items", i]) }));
}

interface Reading {
  readonly draft?: Draft;
  readonly report: Pick<Report, "diagnostics">;
}

function readResource(file: string, value: Value, places: Locator): Reading {
  const report = createReport(places);
  if (!isMap(value)) {
    report.add({
      code: "E006-not-a-map",
      path: [],
      message: "a resource is a map of fields",
      help: "write `type: MeshPassthrough` and its other fields",
    });
    return { report };
  }
  const form = formOf(value);
  const type = typeOf(report, value, form);
  return type === undefined ? { report } : readKnown(file, { map: value, path: [] }, places, type, form);
}

const formOf = (root: ValueMap): Form =>
  root.has("apiVersion") || (root.has("kind") && !root.has("type")) ? "kubernetes" : "universal";

/** Undefined for documents that are not ours, which are left alone, and for those that do not say what they are. */
function typeOf(report: Report, root: ValueMap, form: Form): ResourceType | undefined {
  const field = form === "universal" ? "type" : "kind";
  const written = root.get(field);
  if (written === undefined) {
    report.add({
      code: "E007-no-type",
      path: [],
      message: "this does not say what it is: neither `type` nor `kind`",
      help: `start with \`type: MeshPassthrough\`, or with \`apiVersion: ${API_VERSION}\` and \`kind: MeshPassthrough\``,
    });
    return undefined;
  }
  if (typeof written !== "string") return wrongType(report, [field], written, "string");
  const type = RESOURCE_TYPES.find((t) => t === written);
  const version = root.get("apiVersion");
  const foreign = form === "kubernetes" && typeof version === "string" && !version.startsWith("kuma.io/");
  if (type === undefined || foreign) {
    const nearest = type === undefined && !foreign ? nearestWord(written, RESOURCE_TYPES) : undefined;
    report.add({
      code: "W302-unknown-type",
      path: [field],
      message: `${quote(foreign ? `${version} ${written}` : written)} is not a type that is read here: the document is left alone`,
      help: nearest === undefined ? undefined : `did you mean \`${nearest}\`?`,
    });
    return undefined;
  }
  if (form === "kubernetes" && version !== API_VERSION)
    report.add({
      code: "E009-api-version",
      path: ["apiVersion"],
      message:
        typeof version === "string"
          ? `${quote(version)} is not a version that is read here`
          : "`apiVersion` is missing",
      help: `write \`apiVersion: ${API_VERSION}\``,
    });
  return version !== API_VERSION && form === "kubernetes" ? undefined : type;
}

function readKnown(file: string, root: Section, places: Locator, type: ResourceType, form: Form): Reading {
  // Findings about the meta come before the id is known, and must carry it too.
  const id = identify(readMeta(createReport(places), root, type, form), type);
  const report = createReport(places, id);
  const meta = readMeta(report, root, type, form);
  checkFields(report, root.map, root.path, knownFields(type, form));
  const nested = form === "kubernetes" || type === "MeshPassthrough";
  const spec = nested ? mapField(report, root, "spec") : root;
  const read = readSpec(report, root, spec, type, form);
  const resource = meta === undefined || report.hasErrors() ? undefined : read.toResource(meta);
  const draft: Draft = {
    file,
    type,
    form,
    ...(id === undefined ? {} : { id }),
    root: root.map,
    spec: nested ? ["spec"] : [],
    entries: read.entries,
    ...(read.mode === undefined ? {} : { mode: read.mode }),
    ...(resource === undefined ? {} : { resource }),
    spanOf: places.spanOf,
    keySpanOf: places.keySpanOf,
  };
  return { draft, report };
}

type SpecReading = Pick<Draft, "entries" | "mode"> & { toResource(meta: Meta): Resource | undefined };

/** `spec` is undefined where the document has none, or has no map there, which is then reported already. */
function readSpec(
  report: Report,
  root: Section,
  spec: Section | undefined,
  type: ResourceType,
  form: Form,
): SpecReading {
  const required = type === "Dataplane" || (type === "MeshPassthrough" && form === "universal");
  if (spec === undefined && required && !root.map.has("spec")) missing(report, root, "spec");
  switch (type) {
    case "Mesh": {
      const body = readMesh(report, spec);
      return { entries: [], toResource: (meta) => ({ type, meta, ...body }) };
    }
    case "Dataplane": {
      const body = spec === undefined ? undefined : readDataplane(report, spec);
      return { entries: [], toResource: (meta) => (body === undefined ? undefined : { type, meta, ...body }) };
    }
    case "MeshPassthrough": {
      const { body, ...rest } = readMeshPassthrough(report, spec);
      return { ...rest, toResource: (meta) => ({ type, meta, ...body }) };
    }
  }
}
