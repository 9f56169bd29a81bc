import { notEnforcedWarnings } from "../../policy/check/index.ts";
import { compareDiagnostics, type Diagnostic } from "../../policy/diagnostics/index.ts";
import { computeLabels, type LabelContext } from "../../policy/labels/index.ts";
import type { Labels, Resource } from "../../policy/model/index.ts";
import { type Draft, parseResources } from "../../policy/text/index.ts";
import { checkDraft, type DraftOptions } from "../../policy/validate/index.ts";

/** A resource of a text, with all that is needed to store it. */
export interface ReadResource {
  readonly draft: Draft;
  /** With the labels as written. */
  readonly resource: Resource;
  /** With the computed ones. */
  readonly labels: Labels;
}

export interface ReadText {
  /** Those without an error. */
  readonly resources: readonly ReadResource[];
  /** All documents of our types, faulty ones too. */
  readonly drafts: readonly Draft[];
  /** All faults and warnings, in order of place. */
  readonly diagnostics: readonly Diagnostic[];
  readonly hasErrors: boolean;
}

/** Everything that can be said of one text on its own. Never throws. */
export function readText(file: string, text: string, context: LabelContext, options?: DraftOptions): ReadText {
  const parsed = parseResources(file, text);
  const diagnostics = [...parsed.diagnostics];
  const resources: ReadResource[] = [];
  for (const draft of parsed.drafts) {
    const found = [...checkDraft(draft, options)];
    if (draft.resource !== undefined) {
      const { labels, diagnostics: ofLabels } = computeLabels(draft.resource, context);
      found.push(...ofLabels.map((diagnostic) => placed(diagnostic, draft)));
      if (!found.some(isError)) resources.push({ draft, resource: draft.resource, labels });
    }
    diagnostics.push(...found);
  }
  diagnostics.push(...notEnforcedWarnings(resources.map(({ draft, resource }) => ({ ...draft, resource }))));
  diagnostics.sort(compareDiagnostics);
  return { resources, drafts: parsed.drafts, diagnostics, hasErrors: diagnostics.some(isError) };
}

export const isError = (diagnostic: Diagnostic): boolean => diagnostic.severity === "error";

/** Labels are computed from values, which have no place; what is said of one belongs where it is written. */
function placed(diagnostic: Diagnostic, draft: Draft): Diagnostic {
  const span = diagnostic.span ?? draft.spanOf(diagnostic.path) ?? draft.spanOf([]);
  return span === undefined ? diagnostic : { ...diagnostic, span };
}
