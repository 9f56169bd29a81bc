import { RESOURCE_TYPES } from "../resource.ts";
import { kubernetesDocument, universalDocument } from "./envelope.ts";
import type { Field, Json, JsonMap, ObjectField, ScalarField } from "./field.ts";

/**
 * The JSON Schema (draft-07, which editors know best) of documents of all types in both forms. Stricter than a CRD: it
 * refuses what the documented language refuses, as far as a schema can, and names that nobody knows.
 */
export function jsonSchema(): JsonMap {
  const universal = RESOURCE_TYPES.map((type) => variant("type", type, `${type}.universal`));
  const kubernetes = RESOURCE_TYPES.map((type) => variant("kind", type, `${type}.kubernetes`));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    // No title: editors put that of the whole above what they say of each field.
    description: "Mesh, Dataplane and MeshPassthrough, in Universal and in Kubernetes form",
    type: "object",
    properties: {
      type: { enum: [...RESOURCE_TYPES], description: "Universal form: what the document is." },
      kind: { enum: [...RESOURCE_TYPES], description: "Kubernetes form: what the document is." },
    },
    anyOf: [{ required: ["type"] }, { required: ["apiVersion", "kind"] }],
    allOf: [...universal, ...kubernetes],
    definitions: Object.fromEntries(
      RESOURCE_TYPES.flatMap((type) => [
        [`${type}.universal`, keywords(universalDocument(type))],
        [`${type}.kubernetes`, keywords(kubernetesDocument(type))],
      ]),
    ),
  };
}

const variant = (field: string, type: string, name: string): JsonMap => ({
  if: { properties: { [field]: { const: type } }, required: [field] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { $ref: `#/definitions/${name}` },
});

function keywords(field: Field): JsonMap {
  const { doc } = field;
  // Editors show the second one with its code marked, where they know it.
  const description = doc === undefined ? {} : { description: doc, markdownDescription: doc };
  switch (field.type) {
    case "object":
      return { ...description, ...objectKeywords(field) };
    case "map":
      return { ...description, type: "object", additionalProperties: { type: "string" } };
    case "array":
      return {
        ...description,
        type: "array",
        items: keywords(field.items),
        ...(field.atLeast === undefined ? {} : { minItems: field.atLeast }),
      };
    default:
      return { ...description, ...scalarKeywords(field) };
  }
}

function objectKeywords({ fields, required = [], open, conditions = [] }: ObjectField): JsonMap {
  const known = Object.entries(fields).filter(([, field]) => field.refused !== true);
  return {
    type: "object",
    properties: Object.fromEntries(known.map(([name, field]) => [name, keywords(field)])),
    ...(required.length === 0 ? {} : { required: [...required] }),
    ...(open === true ? {} : { additionalProperties: false }),
    ...(conditions.length === 0 ? {} : { allOf: [...conditions] }),
  };
}

function scalarKeywords({ type, enum: words, range, examples }: ScalarField): JsonMap {
  const [minimum, maximum] = range ?? [];
  return {
    type,
    ...(words === undefined ? {} : { enum: [...words] }),
    ...(minimum === undefined || maximum === undefined ? {} : { minimum, maximum }),
    ...(examples === undefined ? {} : { examples: [...examples] satisfies Json[] }),
  };
}
