import type { Field, JsonMap, ObjectField, ScalarField } from "./field.ts";
import { MESH_PASSTHROUGH_SPEC } from "./mesh-passthrough.ts";

/**
 * The CustomResourceDefinition of MeshPassthrough: structural, and with the fields, types and values of Kuma 2.9's, so
 * that it takes whatever Kuma's takes. It has no defaults: what nobody wrote stays unset in both forms.
 */
export function customResourceDefinition(): JsonMap {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "meshpassthroughs.kuma.io" },
    spec: {
      group: "kuma.io",
      names: {
        categories: ["kuma"],
        kind: "MeshPassthrough",
        listKind: "MeshPassthroughList",
        plural: "meshpassthroughs",
        singular: "meshpassthrough",
      },
      scope: "Namespaced",
      versions: [
        {
          additionalPrinterColumns: [
            { jsonPath: ".spec.targetRef.kind", name: "TargetRef Kind", type: "string" },
            { jsonPath: ".spec.targetRef.name", name: "TargetRef Name", type: "string" },
          ],
          name: "v1alpha1",
          schema: {
            openAPIV3Schema: {
              properties: {
                apiVersion: { description: "The version of the resource's form.", type: "string" },
                kind: { description: "What the resource is.", type: "string" },
                metadata: { type: "object" },
                spec: structural(MESH_PASSTHROUGH_SPEC),
              },
              type: "object",
            },
          },
          served: true,
          storage: true,
          subresources: {},
        },
      ],
    },
  };
}

/** A schema in OpenAPI's words: what is asked for is left to validation, as Kuma does. */
export function structural(field: Field): JsonMap {
  const description = field.doc === undefined ? {} : { description: field.doc };
  switch (field.type) {
    case "object":
      return {
        ...description,
        properties: structuralFields(field),
        type: "object",
      };
    case "map":
      return { ...description, additionalProperties: { type: "string" }, type: "object" };
    case "array":
      return {
        ...description,
        items: structural(field.items),
        ...(field.atLeast === undefined ? {} : { minItems: field.atLeast }),
        type: "array",
      };
    default:
      return { ...description, ...scalar(field) };
  }
}

/** The fields of an object, each as {@link structural} gives it. */
export const structuralFields = ({ fields }: ObjectField): JsonMap =>
  Object.fromEntries(Object.entries(fields).map(([name, inner]) => [name, structural(inner)]));

const scalar = ({ type, enum: words, refusedValues = [] }: ScalarField): JsonMap => ({
  ...(words === undefined ? {} : { enum: [...words, ...refusedValues] }),
  ...(type === "integer" ? { format: "int32" } : {}),
  type,
});
