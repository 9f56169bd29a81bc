/** What Kuma 2.9.13 refuses, in its order and its words: the compatibility level `kuma-2.9`. */
export { kumaDataplaneViolations } from "./dataplane.ts";
export { pathOfViolation } from "./field-path.ts";
export { kumaKubernetes } from "./kubernetes.ts";
export { type KumaContext, kumaLabelViolations } from "./labels.ts";
export { kumaSpecViolations } from "./meshpassthrough.ts";
export { kumaMetaViolations, kumaNameWarning } from "./meta.ts";
export { kumaKubernetesView, kumaRestView } from "./printed.ts";
export { kumaTargetRef } from "./target-ref.ts";
export { type KumaVerdict, kumaParse, kumaUniversal } from "./universal.ts";
export type { Violation } from "./violation.ts";
