import type { Diagnostic } from "../diagnostics/index.ts";
import { computeLabels, type LabelContext, withComputedLabels } from "../labels/index.ts";
import { type Resource, resourceId } from "../model/index.ts";
import type { Draft, Located } from "../text/index.ts";
import { checkDraft, checkSet } from "../validate/index.ts";
import type { CheckOptions, KumaFinding } from "./checked.ts";
import { asKumaWarning, kumaDiagnostics, kumaFinding, kumaVerdict } from "./kuma-level.ts";

/** What is left of the drafts of a set. */
export interface Accepted {
  /** Labels computed; in the order of the drafts. */
  readonly resources: readonly Located[];
  readonly diagnostics: readonly Diagnostic[];
  /** Kuma's verdicts, in the order of the drafts; empty at other levels than `kuma-2.9`. */
  readonly kuma: readonly KumaFinding[];
}

/** The resources of a set that have no error, and all that is to be said of the set beyond its text. */
export function acceptDrafts(drafts: readonly Draft[], options: CheckOptions): Accepted {
  const context = contextOf(options);
  const isKuma = options.compatibility === "kuma-2.9";
  const kuma: KumaFinding[] = [];
  const diagnostics: Diagnostic[] = [];
  const named: Located[] = [];
  const faulty = new Set<Located>();
  for (const draft of drafts) {
    const own = ownFindings(draft, options, context);
    const verdict = isKuma ? kumaVerdict(draft, options) : undefined;
    const found = verdict === undefined ? own : [...own.map(asKumaWarning), ...kumaDiagnostics(draft, verdict)];
    if (verdict !== undefined) kuma.push(kumaFinding(draft, verdict));
    if (draft.resource !== undefined) {
      const located = {
        resource: withComputedLabels<Resource>(draft.resource, context),
        spanOf: draft.spanOf,
      };
      named.push(located);
      if (found.some(({ severity }) => severity === "error")) faulty.add(located);
    }
    for (const diagnostic of found) diagnostics.push(diagnostic);
  }
  const ofSet = checkSet(named);
  const twice = new Set<string | undefined>();
  for (const diagnostic of isKuma ? ofSet.map(asKumaWarning) : ofSet) {
    diagnostics.push(diagnostic);
    if (diagnostic.severity === "error") twice.add(diagnostic.resource);
  }
  const isSound = (located: Located) =>
    !faulty.has(located) && !twice.has(resourceId(located.resource.type, located.resource.meta));
  return { resources: named.filter(isSound), diagnostics, kuma };
}

/** What this project says of one document. */
function ownFindings(draft: Draft, options: CheckOptions, context: LabelContext): readonly Diagnostic[] {
  const { exists = false, compatibility = "documented" } = options;
  const found = checkDraft(draft, { exists, compatibility });
  if (draft.resource === undefined) return found;
  const ofLabels = computeLabels(draft.resource, context).diagnostics;
  return [...found, ...ofLabels.map((diagnostic) => placed(diagnostic, draft))];
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
