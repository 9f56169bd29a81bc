/** The labels that a control plane computes: mesh, origin, zone, namespace, role. For files as at the API. */
export { type ComputedLabels, computeLabels, type LabelContext, withComputedLabels } from "./compute-labels.ts";
