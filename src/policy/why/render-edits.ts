import type { WrittenRule } from "../model/index.ts";
import { formatPolicyRef } from "../model/index.ts";
import { type ClassView, renderClass, viewClass } from "../space/index.ts";
import type { Edit } from "./edit.ts";
import { policyText } from "./new-policy.ts";

/** What printing an edit needs beside it. */
export interface EditContext {
  readonly systemNamespace: string;
  /** Where the edited policy, or the rule that changes, is written; absent where that is not known. */
  readonly placeOf?: (edit: Edit) => string | undefined;
}

/** An edit in plain values: the shape of the JSON output. */
export interface EditView {
  readonly kind: Edit["kind"];
  /** `policy`, or `policy#index` of the rule that is added or changed. */
  readonly policy: string;
  readonly mesh: string;
  /** To paste: the entry of `appendMatch`, or the whole of a new policy. */
  readonly yaml: string;
  readonly rule: WrittenRule;
  readonly was?: WrittenRule;
  /** What else it lets out. */
  readonly lets: readonly ClassView[];
  readonly alsoFor: Edit["alsoFor"];
  readonly at?: string;
}

/** The plain values of an edit. */
export function viewEdit(edit: Edit, context: EditContext): EditView {
  const { kind, policy, rule, was, lets, alsoFor } = edit;
  const at = context.placeOf?.(edit);
  return {
    kind,
    policy: formatPolicyRef(policy),
    mesh: policy.mesh,
    yaml: yamlOf(edit, context),
    rule,
    ...(was === undefined ? {} : { was }),
    lets: lets.map(viewClass),
    alsoFor,
    ...(at === undefined ? {} : { at }),
  };
}

/** Edits as lines of plain text without line ends, numbered; none for no edits. */
export function renderEdits(edits: readonly Edit[], context: EditContext): string[] {
  if (edits.length === 0) return [];
  const numbered = edits.flatMap((edit, i) => renderEdit(edit, `${i + 1}. `, context));
  return ["edits that would allow it, the one that lets out least first:", ...numbered.map((line) => `  ${line}`)];
}

function renderEdit(edit: Edit, number: string, context: EditContext): string[] {
  const indent = " ".repeat(number.length);
  const place = context.placeOf?.(edit);
  const yaml = yamlOf(edit, context).trimEnd().split("\n");
  const lets =
    edit.lets.length === 0 ? ["lets out nothing else"] : edit.lets.map((c) => `also lets out ${renderClass(c)}`);
  return [
    `${number}${headingOf(edit)}${place === undefined ? "" : ` (${place})`}:`,
    ...yaml.map((line) => `${indent}  ${line}`),
    ...lets.map((line) => `${indent}${line}`),
    ...(edit.alsoFor.length === 0 ? [] : [`${indent}also applies to ${othersText(edit.alsoFor)}`]),
  ];
}

function headingOf({ kind, policy }: Edit): string {
  const { index: _, ...whole } = policy;
  const name = formatPolicyRef(whole);
  switch (kind) {
    case "add rule":
      return `add to \`appendMatch\` of ${name}`;
    case "change rule":
      return `write instead of rule ${formatPolicyRef(policy)}`;
    case "set mode":
      return `set \`passthroughMode: Matched\` in ${name}, and add to its \`appendMatch\``;
    case "new policy":
      return "apply a new policy";
  }
}

const MAX_NAMED = 5;

function othersText(others: Edit["alsoFor"]): string {
  const names = others.slice(0, MAX_NAMED).map(({ name }) => name);
  const more = others.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** What to paste. Ends with a line end. */
const yamlOf = (edit: Edit, { systemNamespace }: EditContext): string =>
  edit.kind === "new policy" ? policyText(edit.resource, systemNamespace) : entryText(edit.rule);

/** An entry of `appendMatch` as YAML. */
export function entryText({ type, value, port, protocol }: WrittenRule): string {
  const lines = [`- type: ${type}`, `  value: ${scalar(value)}`];
  if (port !== undefined) lines.push(`  port: ${port}`);
  return `${[...lines, `  protocol: ${protocol}`].join("\n")}\n`;
}

/** Plain only where nothing in the text could be taken for anything but text. */
const scalar = (text: string): string =>
  /^[a-z][\w-]*(?:\.[\w-]+)*\.[a-z][\w-]*$/i.test(text) || /^\d+(?:\.\d+){3}(?:\/\d+)?$/.test(text)
    ? text
    : JSON.stringify(text);
