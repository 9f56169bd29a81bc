/** Texts in; resources, effective policies and all diagnostics out. The one call of CLI, control plane and library. */
export { check } from "./check.ts";
export { notEnforcedWarnings } from "./check-proxies.ts";
export type {
  Checked,
  CheckedProxy,
  CheckedStatements,
  CheckedSuite,
  CheckOptions,
  KumaFinding,
  KumaProxy,
  SourceText,
} from "./checked.ts";
export { type ConvertedText, type ConvertedTexts, convertTexts } from "./convert-texts.ts";
export { type FileOutcome, reportOutcome, runAssertions } from "./report-outcome.ts";
export { situationOf } from "./situation.ts";
