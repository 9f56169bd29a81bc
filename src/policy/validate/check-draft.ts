import type { Diagnostic } from "../diagnostics/index.ts";
import { createReport, type Draft, isMap } from "../text/index.ts";
import { checkDataplane } from "./check-dataplane.ts";
import { checkLabels, checkRevocation } from "./check-labels.ts";
import { checkNames } from "./check-names.ts";
import { checkRules } from "./check-rules.ts";
import { checkTags } from "./check-tags.ts";
import type { Compatibility } from "./compatibility.ts";
import { child } from "./written.ts";

export interface DraftOptions {
  /** The resource exists already: names that Kuma no longer lets be created are warnings then. Default false. */
  readonly exists?: boolean;
  /** Which language is accepted. `kuma-2.9` is as `documented` here. Default `documented`. */
  readonly compatibility?: Compatibility;
}

/**
 * What one document says that the policy's documentation refuses or limits. Faults of single values are found by
 * `text`; this looks at whatever could be read, so both lists together are all faults of the document.
 */
export function checkDraft(draft: Draft, options: DraftOptions = {}): readonly Diagnostic[] {
  const report = createReport(draft, draft.id);
  checkNames(report, draft, options.exists === true);
  checkLabels(report, draft);
  if (draft.type === "Dataplane") checkDataplane(report, draft);
  if (draft.type === "MeshPassthrough") {
    checkRevocation(report, draft);
    const targetRef = child(draft.root, ...draft.spec, "targetRef");
    const tags = child(targetRef, "tags");
    if (isMap(tags) && child(targetRef, "kind") === "MeshSubset")
      checkTags(report, tags, [...draft.spec, "targetRef", "tags"]);
    checkRules(report, draft, options.compatibility === "extended");
  }
  return report.diagnostics;
}
