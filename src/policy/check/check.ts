/**
 * Everything about a set of texts in one pass:
 *
 *   texts ──▶ text ──▶ validate ──▶ labels ──▶ match, merge ──▶ effective policies
 *               └─────────┴────────────┴──▶ diagnostics, sorted by place
 *
 * A resource with an error is in no list. Whoever enforces must keep what is in force as long as there are errors:
 * what is left of a faulty set may admit more than its author meant.
 */
import { type AssertionSuite, isAssertionFile, parseAssertions, type StatementSuite } from "../assert/index.ts";
import { compareDiagnostics, type Diagnostic } from "../diagnostics/index.ts";
import { type Draft, parseResources } from "../text/index.ts";
import { acceptDrafts } from "./accept-drafts.ts";
import { checkProxies, notEnforcedWarnings } from "./check-proxies.ts";
import type { Checked, CheckOptions, SourceText } from "./checked.ts";
import { asKumaWarning, kumaProxy } from "./kuma-level.ts";
import { resolveSuites } from "./resolve-suites.ts";

/** Texts of any kind as one set. Never throws. The order of the texts decides the order of the lists, nothing else. */
export function check(texts: readonly SourceText[], options: CheckOptions = {}): Checked {
  const isAssertions = options.isAssertions ?? isAssertionFile;
  const isKuma = options.compatibility === "kuma-2.9";
  const diagnostics: Diagnostic[] = [];
  const note = (found: Iterable<Diagnostic>): void => {
    for (const diagnostic of found) diagnostics.push(diagnostic);
  };
  const suites: AssertionSuite[] = [];
  const statements: StatementSuite[] = [];
  const drafts: Draft[] = [];
  for (const { file, text } of texts) {
    if (isAssertions(file)) {
      const parsed = parseAssertions(file, text);
      note(parsed.diagnostics);
      suites.push(...parsed.suites);
      statements.push(...parsed.statements);
      continue;
    }
    const parsed = parseResources(file, text);
    note(isKuma ? parsed.diagnostics.map(asKumaWarning) : parsed.diagnostics);
    for (const draft of parsed.drafts) drafts.push(draft);
  }
  const accepted = acceptDrafts(drafts, options);
  note(accepted.diagnostics);
  note(notEnforcedWarnings(accepted.resources));
  const ours = checkProxies(accepted.resources);
  const proxies = isKuma ? ours.map((proxy) => ({ ...proxy, kuma: kumaProxy(proxy) })) : ours;
  const resolved = resolveSuites({ suites, statements }, { drafts, proxies, options });
  note(resolved.diagnostics);
  return {
    resources: accepted.resources,
    proxies,
    suites: resolved.suites,
    statements: resolved.statements,
    ...(isKuma ? { kuma: accepted.kuma } : {}),
    diagnostics: diagnostics.sort(compareDiagnostics),
  };
}
