import type { Position } from "../diagnostics/index.ts";
import { type Resource, resourceId } from "../model/index.ts";
import { parseResources, printResource, removeItems } from "../text/index.ts";
import { type LintInput, type LintOptions, runLints } from "./lint.ts";
import { append } from "./multimap.ts";
import { rulePath } from "./policy-at.ts";
import type { LintedText } from "./suppressions.ts";

/** A text without the rules that had no effect. */
export interface FixedText extends LintedText {
  readonly removed: number;
}

interface Removable {
  readonly id: string;
  readonly index: number;
  readonly start: Position;
}

/**
 * The texts that lints can mend without changing any verdict, mended: rules without effect beside others of their own
 * policy are taken out, unless a suppression allows them. All else in a text stays as it is, comments above a rule
 * included. A text in which that is not possible is left out.
 */
export function fix(input: LintInput, texts: readonly LintedText[], options: LintOptions = {}): FixedText[] {
  const byFile = new Map<string, Removable[]>();
  for (const { finding } of runLints(input, { ...options, texts }).kept) {
    if (finding.removable === undefined) continue;
    const { resource, spanOf } = finding.at;
    const span = spanOf(rulePath(finding.removable));
    if (span === undefined) continue;
    const id = resourceId(resource.type, resource.meta);
    append(byFile, span.file, { id, index: finding.removable, start: span.start });
  }
  return texts.flatMap((text) => {
    const fixed = without(text, byFile.get(text.file) ?? []);
    return fixed === undefined ? [] : [fixed];
  });
}

/** Undefined too if the text then said anything else than the same without these rules: a list may be used twice. */
function without({ file, text }: LintedText, removable: readonly Removable[]): FixedText | undefined {
  if (removable.length === 0) return undefined;
  const starts = removable.map(({ start }) => start);
  const fixed = removeItems(text, starts);
  if (fixed === undefined) return undefined;
  const removed = new Set(removable.map(({ id, index }) => `${id}#${index}`));
  const wanted = resourcesOf(file, text).map((resource) => print(withoutRules(resource, removed)));
  const got = resourcesOf(file, fixed).map(print);
  if (wanted.length !== got.length || wanted.some((printed, i) => printed !== got[i])) return undefined;
  return { file, text: fixed, removed: removable.length };
}

const resourcesOf = (file: string, text: string): Resource[] =>
  parseResources(file, text).resources.map(({ resource }) => resource);

const print = (resource: Resource): string => printResource(resource, resource.meta.form);

function withoutRules(resource: Resource, removed: ReadonlySet<string>): Resource {
  if (resource.type !== "MeshPassthrough") return resource;
  const id = resourceId(resource.type, resource.meta);
  return { ...resource, rules: resource.rules.filter((_, index) => !removed.has(`${id}#${index}`)) };
}
