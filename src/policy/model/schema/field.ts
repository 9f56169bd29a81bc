/**
 * What a value of a document may be, and what it is for. The JSON Schema, the CRD and the OpenAPI document are made from
 * it, so that none of them can say something else.
 */
export type Field = ScalarField | ObjectField | MapField | ListField;

interface Described {
  /** For people, in an editor or a reference: one sentence or more. */
  readonly doc?: string;
  /** Kuma's types have it, and every value of it is refused: it is only in what must take what Kuma's takes. */
  readonly refused?: true;
}

export interface ScalarField extends Described {
  readonly type: "string" | "integer" | "boolean";
  readonly enum?: readonly string[];
  /** Further values that Kuma's schema lets pass and its validator refuses. */
  readonly refusedValues?: readonly string[];
  /** Inclusive; not in a CRD, where Kuma's has no limits. */
  readonly range?: readonly [lowest: number, highest: number];
  /** Something to write, for completion. */
  readonly examples?: readonly (string | number)[];
}

export interface ObjectField extends Described {
  readonly type: "object";
  readonly fields: Readonly<Record<string, Field>>;
  /** What a document must have; Kuma's CRD asks for nothing. */
  readonly required?: readonly string[];
  /** Fields exist that are not described here: not a typing error. */
  readonly open?: true;
  /** What a CRD has no words for, for the JSON Schema. */
  readonly conditions?: readonly JsonMap[];
}

/** A map of strings: labels, tags. */
export interface MapField extends Described {
  readonly type: "map";
}

export interface ListField extends Described {
  readonly type: "array";
  readonly items: Field;
  readonly atLeast?: number;
}

/** A plain JSON value, as generated documents hold it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [field: string]: Json };

/** A generated object. */
export type JsonMap = { readonly [field: string]: Json };
