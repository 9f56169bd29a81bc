import type { Diagnostic } from "../diagnostics/index.ts";
import type { Form } from "../model/index.ts";
import { type ConvertOptions, convertText, type OddField } from "../text/index.ts";
import { check } from "./check.ts";
import type { SourceText } from "./checked.ts";

/** A text in another form. */
export interface ConvertedText extends SourceText {
  /** What the other form has no place for, with places in the text as it was. */
  readonly odd: readonly OddField[];
}

/** Texts in another form, or why they cannot be converted: then none of them is. */
export type ConvertedTexts =
  | { readonly ok: true; readonly texts: readonly ConvertedText[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * All documents of some texts in one form, as YAML, with their comments and in their order. Refused: what has a fault of
 * its text, and a set without errors that would have some in the other form. Those have no place: their text is nowhere.
 */
export function convertTexts(texts: readonly SourceText[], to: Form, options: ConvertOptions = {}): ConvertedTexts {
  const converted: ConvertedText[] = [];
  const refused: Diagnostic[] = [];
  for (const { file, text } of texts) {
    const result = convertText(file, text, to, options);
    if (result.ok) converted.push({ file, text: result.text, odd: result.odd });
    else refused.push(...result.diagnostics);
  }
  if (refused.length > 0) return { ok: false, diagnostics: refused };
  const found = errorsOf(converted, options);
  if (found.length === 0 || errorsOf(texts, options).length > 0) return { ok: true, texts: converted };
  return { ok: false, diagnostics: found.map((one) => asConverted(one, to)) };
}

function errorsOf(texts: readonly SourceText[], { systemNamespace }: ConvertOptions): readonly Diagnostic[] {
  const context = systemNamespace === undefined ? {} : { systemNamespace };
  return check(texts, { ...context, exists: true, isAssertions: () => false }).diagnostics.filter(
    ({ severity }) => severity === "error",
  );
}

function asConverted({ span: _, message, help: _help, ...diagnostic }: Diagnostic, to: Form): Diagnostic {
  const form = to === "universal" ? "Universal" : "Kubernetes";
  return { ...diagnostic, message: `in ${form} form this would be an error: ${message}` };
}
