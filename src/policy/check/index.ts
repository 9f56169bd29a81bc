/** Texts in; resources, effective policies and all diagnostics out. The one call of CLI, control plane and library. */
export { check } from "./check.ts";
export type { Checked, CheckedProxy, CheckedSuite, CheckOptions, KumaFinding, SourceText } from "./checked.ts";
