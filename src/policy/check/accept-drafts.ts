import type { Diagnostic } from "../diagnostics/index.ts";
import { computeLabels, type LabelContext, withComputedLabels } from "../labels/index.ts";
import { type Resource, resourceId } from "../model/index.ts";
import type { Draft, Located } from "../text/index.ts";
import { checkDraft, checkSet } from "../validate/index.ts";
import type { CheckOptions } from "./checked.ts";

/** What is left of the drafts of a set. */
export interface Accepted {
  /** Labels computed; in the order of the drafts. */
  readonly resources: readonly Located[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The resources of a set that have no error, and all that is to be said of the set beyond its text. */
export function acceptDrafts(drafts: readonly Draft[], options: CheckOptions): Accepted {
  const context = contextOf(options);
  const diagnostics: Diagnostic[] = [];
  const named: Located[] = [];
  const faulty = new Set<Located>();
  for (const draft of drafts) {
    const { resource, spanOf } = draft;
    const found = [...checkDraft(draft, { exists: options.exists ?? false })];
    if (resource !== undefined) {
      found.push(...computeLabels(resource, context).diagnostics.map((diagnostic) => placed(diagnostic, draft)));
      const located = { resource: withComputedLabels<Resource>(resource, context), spanOf };
      named.push(located);
      if (found.some(({ severity }) => severity === "error")) faulty.add(located);
    }
    for (const diagnostic of found) diagnostics.push(diagnostic);
  }
  const ofSet = checkSet(named);
  const twice = new Set<string | undefined>();
  for (const diagnostic of ofSet) {
    diagnostics.push(diagnostic);
    if (diagnostic.severity === "error") twice.add(diagnostic.resource);
  }
  const isSound = (located: Located) =>
    !faulty.has(located) && !twice.has(resourceId(located.resource.type, located.resource.meta));
  return { resources: named.filter(isSound), diagnostics };
}

function contextOf({ systemNamespace = "kuma-system", zone, environment }: CheckOptions): LabelContext {
  return {
    systemNamespace,
    ...(zone === undefined ? {} : { zone }),
    ...(environment === undefined ? {} : { environment }),
  };
}

/** Labels know paths only. */
function placed(diagnostic: Diagnostic, draft: Draft): Diagnostic {
  const span = draft.spanOf(diagnostic.path) ?? draft.spanOf([]);
  return span === undefined ? diagnostic : { ...diagnostic, span };
}
