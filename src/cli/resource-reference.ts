import {
  type Field,
  type Form,
  kubernetesDocument,
  type ObjectField,
  RESOURCE_TYPES,
  type ResourceType,
  universalDocument,
} from "../policy/model/index.ts";

/** docs/reference/resources.md, made from the types that the schemas are made from, so that they cannot differ. */
export function renderResourceReference(): string {
  return [
    "# Resources",
    "Made from the code by `npm run docs`; do not edit.",
    "What a Mesh, a Dataplane and a MeshPassthrough hold, as far as it matters to this policy. A Mesh and a Dataplane have more fields in Kuma 2.9: " +
      "they are taken, their types are checked, and they mean nothing here. A field that nobody knows has no effect and gives a " +
      "[warning](diagnostics.md#w301-unknown-field); a value of another type is an [error](diagnostics.md#e103-wrong-type). " +
      "[`sallyport schema`](schema.md) gives the same to editors and clusters, [`sallyport convert`](convert.md) writes one form as the other.",
    "In the tables `[]` is each item of a list, and *required* is what must be there where the map around it is. A map is of texts by names. " +
      "What limits several fields together is in [diagnostics](diagnostics.md).",
    ...RESOURCE_TYPES.flatMap(section),
  ]
    .join("\n\n")
    .concat("\n");
}

const section = (type: ResourceType): string[] => [
  `## ${type}`,
  universalDocument(type).doc ?? "",
  `### ${type} in Universal form`,
  tableOf(universalDocument(type), "universal"),
  `### ${type} in Kubernetes form`,
  tableOf(kubernetesDocument(type), "kubernetes"),
];

function tableOf(document: ObjectField, form: Form): string {
  const rows = [...rowsOf(document, "")].filter(({ path }) => form === "universal" || !path.startsWith("spec."));
  const lines = rows.map(
    ({ path, field, isRequired }) =>
      `| \`${path}\` | ${typeOf(field)}${isRequired ? ", required" : ""} | ${meaningOf(field, path, form)} |`,
  );
  return `| field | type | meaning |\n|---|---|---|\n${lines.join("\n")}`;
}

interface Row {
  readonly path: string;
  readonly field: Field;
  readonly isRequired: boolean;
}

function* rowsOf({ fields, required = [] }: ObjectField, at: string): Generator<Row> {
  for (const [name, field] of Object.entries(fields)) {
    if (field.refused === true) continue;
    const path = `${at}${name}`;
    yield { path, field, isRequired: required.includes(name) };
    if (field.type === "object") yield* rowsOf(field, `${path}.`);
    if (field.type === "array" && field.items.type === "object") yield* rowsOf(field.items, `${path}[].`);
  }
}

function typeOf(field: Field): string {
  switch (field.type) {
    case "object":
      return "fields";
    case "map":
      return "map";
    case "array":
      return `list${field.atLeast === undefined ? "" : `, ${field.atLeast} or more`}`;
    case "integer":
      return field.range === undefined ? "whole number" : `${field.range[0]} to ${field.range[1]}`;
    case "boolean":
      return "`true`, `false`";
    case "string":
      return field.enum === undefined ? "text" : wordsOf(field.enum);
  }
}

function meaningOf(field: Field, path: string, form: Form): string {
  if (form === "kubernetes" && path === "spec")
    return "As in Universal form: `spec` of a policy, else all fields that are not named here.";
  if (path === "status") return "Filled in by the cluster.";
  const items = field.type === "array" && field.items.type !== "object" ? field.items : undefined;
  const words = items?.type === "string" && items.enum !== undefined ? ` Each is ${wordsOf(items.enum)}.` : "";
  const doc = field.doc ?? (field.type === "array" ? field.items.doc : undefined) ?? "";
  return `${doc}${words}`.replaceAll("|", "\\|");
}

const wordsOf = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(", ");
