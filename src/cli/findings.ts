import { assertNever, type Diagnostic, renderJson, renderJunit, renderSarif } from "../policy/diagnostics/index.ts";
import { counted, hasErrors, renderDiagnostics } from "./diagnostics.ts";
import type { InputText } from "./input.ts";
import type { Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

/** How commands that look for faults print them. */
export const FINDING_FORMS = ["text", "json", "sarif", "junit"] as const;
export type FindingForm = (typeof FINDING_FORMS)[number];

/** What a command looked at, and what it found. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[];
  readonly texts: readonly InputText[];
  /** Ids of the resources that were read. */
  readonly resources: readonly string[];
  /** Counts the diagnostics in words, where there are none too. */
  readonly count: (diagnostics: readonly Diagnostic[]) => string;
  /** Makes the command fail. */
  readonly fails: (diagnostic: Diagnostic) => boolean;
}

/** `command` names the report where the form has a name for it. */
export function renderFindings(command: string, form: FindingForm, findings: Findings, terminal: Terminal): string {
  const { diagnostics, texts, fails } = findings;
  switch (form) {
    case "text":
      return asText(findings, terminal);
    case "json":
      return asJson(findings);
    case "sarif":
      return `${JSON.stringify(renderSarif(diagnostics, VERSION), undefined, 2)}\n`;
    case "junit":
      return renderJunit(diagnostics, { name: `sallyport ${command}`, files: texts.map(({ file }) => file), fails });
    default:
      return assertNever(form);
  }
}

function asJson({ diagnostics, texts, resources }: Findings): string {
  const errors = diagnostics.filter((d) => d.severity === "error").length;
  const summary = { errors, warnings: diagnostics.length - errors, files: texts.length, resources: resources.length };
  return `${JSON.stringify({ diagnostics: renderJson(diagnostics), resources, summary }, undefined, 2)}\n`;
}

function asText({ diagnostics, texts, resources, count }: Findings, { outStyles: styles }: Terminal): string {
  const tint = hasErrors(diagnostics) ? styles.bad : diagnostics.length > 0 ? styles.warn : styles.good;
  const gap = diagnostics.length === 0 ? "" : "\n";
  const summary = `${count(diagnostics)} in ${counted(texts.length, "file")}, ${counted(resources.length, "resource")}`;
  return `${renderDiagnostics(diagnostics, texts, styles)}${gap}${tint(summary)}\n`;
}
