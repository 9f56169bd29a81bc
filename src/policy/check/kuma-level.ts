/** The level `kuma-2.9`: Kuma's verdict decides, and what only this project refuses is a warning. */
import type { Diagnostic } from "../diagnostics/index.ts";
import { kumaSelectPolicies } from "../match/index.ts";
import { kumaMerge } from "../merge/index.ts";
import { createReport, type Draft, toPlain } from "../text/index.ts";
import { type KumaVerdict, kumaKubernetes, kumaUniversal, pathOfViolation } from "../validate/index.ts";
import type { CheckedProxy, CheckOptions, KumaFinding, KumaProxy } from "./checked.ts";

/** Kuma's verdict on the document of a draft. */
export function kumaVerdict(draft: Draft, { zone, exists }: CheckOptions): KumaVerdict {
  const document = toPlain(draft.root);
  if (draft.form === "kubernetes") return kumaKubernetes(document);
  return kumaUniversal(document, {
    ...(zone === undefined ? {} : { zone }),
    ...(exists === undefined ? {} : { exists }),
  });
}

/** The verdict with the document that it is about. */
export function kumaFinding({ file, id, spanOf }: Draft, verdict: KumaVerdict): KumaFinding {
  const line = spanOf([])?.start.line;
  return { file, ...(line === undefined ? {} : { line }), ...(id === undefined ? {} : { resource: id }), verdict };
}

/** The verdict as errors with places, in Kuma's words. */
export function kumaDiagnostics(draft: Draft, verdict: KumaVerdict): readonly Diagnostic[] {
  const report = createReport(draft, draft.id);
  const inSpec = draft.type === "MeshPassthrough" || draft.form === "universal" ? [] : draft.spec;
  if ("error" in verdict)
    report.add({ code: "E208-refused-by-kuma", path: [], message: `Kuma 2.9 refuses this: ${verdict.error}` });
  else
    for (const violation of verdict.violations) {
      const path = pathOfViolation(violation);
      report.add({
        code: "E208-refused-by-kuma",
        path: path[0] === "metadata" ? path : [...inSpec, ...path],
        message: `Kuma 2.9 refuses this: ${violation.message}`,
      });
    }
  return report.diagnostics;
}

/** Faults of the text itself stay errors: there is no document to judge. */
export const asKumaWarning = (diagnostic: Diagnostic): Diagnostic =>
  diagnostic.severity === "error" && !diagnostic.code.startsWith("E00")
    ? { ...diagnostic, severity: "warning" }
    : diagnostic;

/** Which policies select a proxy in Kuma, and what they are merged to. */
export function kumaProxy({ dataplane, policies }: CheckedProxy): KumaProxy {
  // Kuma's matcher is given those of the mesh, and looks at no other condition of that kind.
  const ofMesh = policies.map(({ policy }) => policy).filter(({ meta }) => meta.mesh === dataplane.meta.mesh);
  const selected = kumaSelectPolicies(ofMesh, dataplane);
  const merged = kumaMerge(selected);
  return { selected, ...(merged === undefined ? {} : { merged }) };
}
