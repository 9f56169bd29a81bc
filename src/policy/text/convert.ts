import { Document, isMap, isScalar, isSeq, Pair, parseAllDocuments, Scalar, visit, YAMLMap } from "yaml";
import type { Diagnostic, Path, Position } from "../diagnostics/index.ts";
import { type Form, LABELS, RESOURCE_TYPES, type ResourceType } from "../model/index.ts";
import { printYaml } from "./format.ts";
import { createLines } from "./lines.ts";
import { parseResources } from "./parse-resources.ts";

/** Other tools still read YAML 1.1: what is a string in 1.2 only, such as `yes`, is put in quotes. */
const YAML = { uniqueKeys: false, merge: false, compat: "yaml-1.1" } as const;

const API_VERSION = "kuma.io/v1alpha1";

export interface ConvertOptions {
  /** The control plane's namespace: what is in it has no namespace label in Universal form. Default `kuma-system`. */
  readonly systemNamespace?: string;
}

/** A field that one form has no place for: left out, or a namespace that is now a label without effect. */
export interface OddField {
  readonly kind: "left out" | "namespace";
  readonly path: Path;
  readonly start: Position;
}

/** A text in another form, or why it cannot be converted. */
export type Converted =
  | { readonly ok: true; readonly text: string; readonly odd: readonly OddField[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * All documents of a text in one form, as YAML. Fields keep their comments, their order and their values; resources that
 * have the form already, and documents of other types, stay as they are. A list becomes its items. Refused: a text
 * with errors. There and back again gives the same resources.
 */
export function convertText(file: string, text: string, to: Form, options: ConvertOptions = {}): Converted {
  const { diagnostics } = parseResources(file, text);
  if (diagnostics.some(({ severity }) => severity === "error")) return { ok: false, diagnostics };
  const { systemNamespace = "kuma-system" } = options;
  const lines = createLines(text);
  const odd: OddField[] = [];
  const note: Note = (kind, path, pair) => {
    const offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
    odd.push({ kind, path, start: lines.positionOf(offset) });
  };
  const documents = parseAllDocuments(text, YAML).flatMap(resourcesOf);
  for (const [i, document] of documents.entries()) {
    if (document.directives !== undefined) document.directives.docStart = i > 0 ? true : null;
    const root = document.contents;
    if (!isMap(root)) continue;
    const type = typeToConvert(root, to);
    if (type === undefined) continue;
    inBlocks(document);
    if (to === "kubernetes") toKubernetes(root, type, systemNamespace);
    else toUniversal(root, type, systemNamespace, note);
  }
  const converted = printYaml(documents);
  return converted === undefined ? { ok: false, diagnostics: [unwritable(file)] } : { ok: true, text: converted, odd };
}

const unwritable = (file: string): Diagnostic => ({
  code: "E001-syntax",
  severity: "error",
  path: [],
  message: "this can be read, and not be written again",
  span: { file, start: { line: 1, column: 1 }, end: { line: 1, column: 1 } },
});

/** The document, or one for each item of a list. Aliases become what they stand for: places may change. */
function resourcesOf(document: Document): Document[] {
  expandAliases(document);
  const root = document.contents;
  const items = isMap(root) && !root.has("type") ? root.get("items", true) : undefined;
  if (!isMap(root) || !isSeq(items)) return [document];
  const kind = root.get("kind");
  if (kind !== undefined && !(typeof kind === "string" && kind.endsWith("List"))) return [document];
  return items.items.map((item) => new Document(item, YAML));
}

function expandAliases(document: Document): void {
  visit(document, {
    Alias(_, alias) {
      const target = alias.resolve(document);
      if (target === undefined) return undefined;
      // How much aliases may stand for has been checked by the reader.
      const value = target.toJS(document, { maxAliasCount: -1 });
      return document.createNode(value, { aliasDuplicateObjects: false });
    },
  });
  visit(document, {
    Node(_, node) {
      if ("anchor" in node) delete node.anchor;
    },
  });
}

/** Undefined for what has the form already, and for what is none of ours. */
function typeToConvert(root: YAMLMap, to: Form): ResourceType | undefined {
  const isKubernetes = root.has("apiVersion") || (root.has("kind") && !root.has("type"));
  if (isKubernetes === (to === "kubernetes")) return undefined;
  const written = root.get(isKubernetes ? "kind" : "type");
  if (isKubernetes && root.get("apiVersion") !== API_VERSION) return undefined;
  return RESOURCE_TYPES.find((type) => type === written);
}

/** JSON, and maps on one line, take the layout of other documents down to where the fields are that move. */
function inBlocks(document: Document): void {
  const root = document.contents;
  const isJson = isMap(root) && root.flow === true;
  visit(document, {
    Collection(_, node) {
      if (isJson) node.flow = false;
    },
    Scalar(_, node) {
      if (isJson && node.type === "QUOTE_DOUBLE") delete node.type;
    },
  });
}

type Note = (kind: OddField["kind"], path: Path, pair: Pair) => void;

function toKubernetes(root: YAMLMap, type: ResourceType, systemNamespace: string): void {
  const fields = takeAll(root, root);
  const labels = fields.take("labels");
  const inLabels = takeAll(mapIn(labels), root);
  const namespace = inLabels.take(LABELS.namespace);
  const displayName = inLabels.take(LABELS.displayName);
  const mesh = fields.take("mesh");
  const name = fields.take("name");
  if (type === "MeshPassthrough") inLabels.take(LABELS.mesh); // the same as `mesh`, or an error
  // What the control plane fills in: Kubernetes has times of its own.
  for (const time of ["creationTime", "modificationTime"]) fields.take(time);
  const kept = [
    ...(type === "MeshPassthrough" && mesh !== undefined ? [renamed(mesh, LABELS.mesh)] : []),
    ...inLabels.rest().map((one) => inEnvironment(one, "universal", "kubernetes")),
  ];
  const metadata = mapOf([
    ...(name === undefined ? [] : [name]),
    ...(type === "Mesh"
      ? []
      : [namespace === undefined ? pair("namespace", systemNamespace) : renamed(namespace, "namespace")]),
    ...nested(labels ?? pair("labels", new YAMLMap()), kept),
    ...(displayName === undefined ? [] : [pair("annotations", mapOf([displayName]))]),
  ]);
  const kind = fields.take("type");
  const rest = fields.rest();
  const version = pair("apiVersion", API_VERSION);
  moveCommentBefore(kind, version);
  root.items = [
    version,
    kind === undefined ? pair("kind", type) : renamed(kind, "kind"),
    ...(type === "Dataplane" && mesh !== undefined ? [mesh] : []),
    pair("metadata", metadata),
    ...(type === "MeshPassthrough" ? rest : nested(pair("spec", new YAMLMap()), rest)),
  ];
}

function toUniversal(root: YAMLMap, type: ResourceType, systemNamespace: string, note: Note): void {
  const fields = takeAll(root, root);
  const metadata = fields.take("metadata");
  const meta = takeAll(mapIn(metadata), root);
  const labels = meta.take("labels");
  const inLabels = takeAll(mapIn(labels), root);
  const annotations = takeAll(mapIn(meta.take("annotations")), root);
  const displayName = annotations.take(LABELS.displayName);
  for (const one of annotations.rest()) note("left out", ["metadata", "annotations", textOf(one.key)], one);
  const namespace = meta.take("namespace");
  inLabels.take(LABELS.namespace);
  inLabels.take(LABELS.displayName);
  const meshLabel = inLabels.take(LABELS.mesh);
  const topMesh = fields.take("mesh");
  const mesh = topMesh ?? (meshLabel === undefined ? pair("mesh", "default") : renamed(meshLabel, "mesh"));
  const name = meta.take("name");
  const isOwn = namespace !== undefined && textOf(namespace.value) !== systemNamespace;
  if (isOwn && type !== "Mesh") note("namespace", ["metadata", "namespace"], namespace);
  const kept = [
    ...inLabels.rest().map((one) => inEnvironment(one, "kubernetes", "universal")),
    ...(namespace === undefined && type !== "Mesh" ? [pair(LABELS.namespace, "default")] : []),
    ...(isOwn && type !== "Mesh" ? [renamed(namespace, LABELS.namespace)] : []),
    ...(displayName === undefined ? [] : [displayName]),
  ];
  const kind = fields.take("kind");
  moveCommentBefore(fields.take("apiVersion"), kind);
  fields.take("status");
  const spec = fields.take("spec");
  const body = type === "MeshPassthrough" ? [spec ?? pair("spec", new YAMLMap())] : takeAll(mapIn(spec), root).rest();
  root.items = [
    kind === undefined ? pair("type", type) : renamed(kind, "type"),
    ...(type === "Mesh" ? [] : [mesh]),
    ...(name === undefined ? [] : [name]),
    ...nested(labels ?? pair("labels", new YAMLMap()), kept),
    ...body,
    ...fields.rest(),
  ];
}

/** The label that says which form the resource has says which one it has now. */
function inEnvironment(label: Pair, from: Form, to: Form): Pair {
  if (textOf(label.key) === LABELS.env && isScalar(label.value) && label.value.value === from) label.value.value = to;
  return label;
}

/** The fields of a map, to be taken one by one. */
interface Fields {
  take(name: string): Pair | undefined;
  rest(): Pair[];
}

/** Takes the fields out of a map that will be gone, with the comments before its first and after its last one. */
function takeAll(map: YAMLMap | undefined, root: YAMLMap): Fields {
  const [first] = map?.items ?? [];
  if (map !== undefined && map !== root) {
    if (isScalar(first?.key)) first.key.commentBefore = joined(map.commentBefore, first.key.commentBefore);
    root.comment = joined(root.comment, map.comment);
    map.commentBefore = null;
    map.comment = null;
  }
  const left = [...(map?.items ?? [])];
  return {
    take(name) {
      const at = left.findIndex(({ key }) => textOf(key) === name);
      return at < 0 ? undefined : left.splice(at, 1)[0];
    },
    rest: () => left.splice(0),
  };
}

/** What is written above the first field is about the document. */
function moveCommentBefore(from: Pair | undefined, to: Pair | undefined): void {
  if (!isScalar(from?.key) || !isScalar(to?.key)) return;
  to.key.commentBefore = joined(from.key.commentBefore, to.key.commentBefore);
  to.key.spaceBefore = from.key.spaceBefore === true || to.key.spaceBefore === true;
  from.key.commentBefore = null;
  from.key.spaceBefore = false;
}

const joined = (...comments: readonly (string | null | undefined)[]): string | null =>
  comments.filter((comment) => typeof comment === "string").join("\n") || null;

/** `holder` with these fields, or nothing where there are none. */
function nested(holder: Pair, fields: readonly Pair[]): Pair[] {
  if (fields.length === 0) return [];
  const map = isMap(holder.value) ? holder.value : new YAMLMap();
  map.items = [...fields];
  holder.value = map;
  return [holder];
}

function mapOf(fields: readonly Pair[]): YAMLMap {
  const map = new YAMLMap();
  map.items = [...fields];
  return map;
}

const pair = (name: string, value: string | YAMLMap): Pair =>
  new Pair(new Scalar(name), typeof value === "string" ? new Scalar(value) : value);

/** The same field, comments and value, by another name. */
function renamed(field: Pair, name: string): Pair {
  if (isScalar(field.key)) {
    field.key.value = name;
    delete field.key.type;
  }
  return field;
}

const mapIn = (field: Pair | undefined): YAMLMap | undefined => (isMap(field?.value) ? field.value : undefined);

const textOf = (node: unknown): string => String(isScalar(node) ? node.value : node);
