import type { Position, Span } from "../diagnostics/index.ts";
import { type Resource, resourceId } from "../model/index.ts";
import { parseResources, printResource, readComments, removeItems } from "../text/index.ts";
import { type LintInput, type LintOptions, runLints } from "./lint.ts";
import { append } from "./multimap.ts";
import { rulePath } from "./policy-at.ts";
import { isSuppression, type LintedText } from "./suppressions.ts";

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
 * policy are taken out, unless a suppression allows them. Suppressions above such a rule go with it, or they would allow
 * what is found in the next one; all else in a text stays as it is, other comments above a rule included. A text in
 * which that is not possible is left out.
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
  const fixed = removeItems(text, starts, suppressionsAbove(starts, file, text));
  if (fixed === undefined) return undefined;
  const removed = new Set(removable.map(({ id, index }) => `${id}#${index}`));
  const wanted = resourcesOf(file, text).map((resource) => print(withoutRules(resource, removed)));
  const got = resourcesOf(file, fixed).map(print);
  if (wanted.length !== got.length || wanted.some((printed, i) => printed !== got[i])) return undefined;
  return { file, text: fixed, removed: removable.length };
}

/** Suppressions on lines of their own that count for rules on these lines, and for no other rule. */
function suppressionsAbove(starts: readonly Position[], file: string, text: string): Span[] {
  const going = countLines(starts);
  const all = countLines(
    parseResources(file, text).resources.flatMap(({ resource, spanOf }) =>
      resource.type !== "MeshPassthrough"
        ? []
        : resource.rules.flatMap((_, index) => spanOf(rulePath(index))?.start ?? []),
    ),
  );
  return readComments(file, text).flatMap(({ text: comment, span, about }) =>
    isSuppression(comment) && about !== span.start.line && going.has(about) && going.get(about) === all.get(about)
      ? [span]
      : [],
  );
}

function countLines(places: readonly Position[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { line } of places) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

const resourcesOf = (file: string, text: string): Resource[] =>
  parseResources(file, text).resources.map(({ resource }) => resource);

const print = (resource: Resource): string => printResource(resource, resource.meta.form);

function withoutRules(resource: Resource, removed: ReadonlySet<string>): Resource {
  if (resource.type !== "MeshPassthrough") return resource;
  const id = resourceId(resource.type, resource.meta);
  return { ...resource, rules: resource.rules.filter((_, index) => !removed.has(`${id}#${index}`)) };
}
