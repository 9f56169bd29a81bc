import { pluralOf } from "../plural.ts";
import { RESOURCE_TYPES, type ResourceType } from "../resource.ts";
import { structural, structuralFields } from "./crd.ts";
import { UNIVERSAL_POLICY, universalDocument } from "./envelope.ts";
import type { JsonMap, ObjectField } from "./field.ts";

/**
 * The OpenAPI document of the paths that read and write resources: Kuma 2.9's, for the types that are read here. What a
 * body may hold is as wide as Kuma's; validation is stricter, and says so in its answers. `version` is the product's.
 */
export function openApi(version: string): JsonMap {
  return {
    openapi: "3.0.3",
    info: { title: "Sallyport", version, description: "Resources of the control plane, in Universal form." },
    paths: Object.fromEntries(RESOURCE_TYPES.flatMap(pathsOf)),
    components: {
      schemas: {
        ...Object.fromEntries(RESOURCE_TYPES.map((type) => [`${type}Item`, itemSchema(type)])),
        Written: WRITTEN,
        Error: ERROR,
      },
      responses: {
        NotFound: json("There is no such resource, or no such mesh.", ref("Error")),
        Refused: json("The resource is refused; every fault is in the answer.", ref("Error")),
        ...Object.fromEntries(
          RESOURCE_TYPES.map((type) => [`${type}List`, json(`A page of ${pluralOf(type)}.`, listOf(type))]),
        ),
      },
    },
  };
}

/** A body as Kuma's schema has it, and the times that only answers have. */
function itemSchema(type: ResourceType): JsonMap {
  const document: ObjectField = type === "MeshPassthrough" ? UNIVERSAL_POLICY : universalDocument(type);
  const { properties: _, ...rest } = structural(document);
  const time = { type: "string", format: "date-time", readOnly: true, description: "Set by the control plane." };
  return {
    ...rest,
    required: [...(document.required ?? [])],
    properties: { ...structuralFields(document), creationTime: time, modificationTime: time },
  };
}

function pathsOf(type: ResourceType): [string, JsonMap][] {
  const plural = pluralOf(type).toLowerCase();
  const one = type === "Mesh" ? "/meshes/{mesh}" : `/meshes/{mesh}/${plural}/{name}`;
  const parameters = [...one.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => pathParameter(name));
  const list = (description: string, inPath: readonly JsonMap[]): JsonMap => ({
    get: {
      tags: [type],
      summary: description,
      parameters: [...inPath, ...PAGE],
      responses: { 200: { $ref: `#/components/responses/${type}List` }, ...(inPath.length > 0 ? NOT_FOUND : {}) },
    },
  });
  const written = json("Done, perhaps with warnings.", ref("Written"));
  const item: JsonMap = {
    get: {
      tags: [type],
      summary: `Reads one ${type}.`,
      parameters,
      responses: { 200: json(`The ${type}.`, ref(`${type}Item`)), ...NOT_FOUND },
    },
    put: {
      tags: [type],
      summary: `Creates or replaces one ${type}.`,
      parameters,
      requestBody: { required: true, content: { "application/json": { schema: ref(`${type}Item`) } } },
      responses: { 200: written, 201: written, 400: { $ref: "#/components/responses/Refused" }, ...NOT_FOUND },
    },
    delete: {
      tags: [type],
      summary: `Removes one ${type}.`,
      parameters,
      responses: { 200: { description: "Done." }, ...NOT_FOUND },
    },
  };
  const everywhere: [string, JsonMap] = [`/${plural}`, list(`Lists ${pluralOf(type)}.`, [])];
  if (type === "Mesh") return [everywhere, [one, item]];
  const inMesh: [string, JsonMap] = [
    `/meshes/{mesh}/${plural}`,
    list(`Lists ${pluralOf(type)} of one mesh.`, [pathParameter("mesh")]),
  ];
  return [everywhere, inMesh, [one, item]];
}

const pathParameter = (name: string): JsonMap => ({
  in: "path",
  name,
  required: true,
  schema: { type: "string" },
  description: name === "mesh" ? "The name of the mesh." : "The name of the resource.",
});

const query = (name: string, type: string, description: string): JsonMap => ({
  in: "query",
  name,
  schema: { type },
  description,
});

const PAGE: readonly JsonMap[] = [
  query("size", "integer", "How many to a page; 0: all of them."),
  query("offset", "integer", "Where the page starts, as in `next`."),
  query("name", "string", "Only names that contain this."),
];

const NOT_FOUND: JsonMap = { 404: { $ref: "#/components/responses/NotFound" } };

const ref = (name: string): JsonMap => ({ $ref: `#/components/schemas/${name}` });

const json = (description: string, schema: JsonMap): JsonMap => ({
  description,
  content: { "application/json": { schema } },
});

const listOf = (type: ResourceType): JsonMap => ({
  type: "object",
  properties: {
    items: { type: "array", items: ref(`${type}Item`) },
    total: { type: "number", description: "How many there are on all pages." },
    next: { type: "string", nullable: true, description: "The next page; null on the last one." },
  },
});

const WRITTEN: JsonMap = {
  type: "object",
  properties: {
    warnings: { type: "array", items: { type: "string" }, description: "What its author should look at." },
  },
};

const FAULT: JsonMap = {
  type: "object",
  properties: { field: { type: "string" }, reason: { type: "string" } },
};

const ERROR: JsonMap = {
  type: "object",
  required: ["type", "status", "title", "detail"],
  properties: {
    type: { type: "string" },
    status: { type: "integer" },
    title: { type: "string" },
    detail: { type: "string" },
    invalid_parameters: { type: "array", items: FAULT },
  },
};
