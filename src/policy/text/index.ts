/**
 * Text to resources and back: YAML 1.2 and JSON, several documents a file, the Universal and the Kubernetes form.
 * Every fault of a file is found in one run and has a place. The only importer of `yaml`.
 */
export { type Comment, readComments } from "./comments.ts";
export { type Converted, type ConvertOptions, convertText, type OddField } from "./convert.ts";
export { readDocuments, type WrittenDocument } from "./documents.ts";
export type { Draft, Entry, Located, ParsedText } from "./draft.ts";
export { removeItems } from "./edit.ts";
export {
  listField,
  mapField,
  missing,
  type Section,
  sectionsField,
  stringField,
  wordField,
  wrongType,
} from "./fields.ts";
export { type Formatted, formatText } from "./format.ts";
export { printGoYaml } from "./go-yaml.ts";
export { checkFields, type Fields } from "./known-fields.ts";
export { nearestWord } from "./nearest.ts";
export { parseResources, type ReadableDocument, readResources } from "./parse-resources.ts";
export { type PrintOptions, printResource } from "./print.ts";
export { below, createReport, type Finding, type Locator, type Report } from "./report.ts";
export { isList, isMap, type Plain, toPlain, type Value, type ValueMap } from "./value.ts";
