/**
 * Lints on a set of checked resources:
 *
 *   check ──▶ resources, proxies ──▶ [lint] ──▶ findings ──▶ suppressions ──▶ diagnostics, sorted by place
 *
 * Findings do not depend on the order of rules, files or policies. Lints never change a verdict: they say nothing of
 * what is allowed, only that it may not be meant.
 */
import { compareDiagnostics, type Diagnostic, LINT_CODES, type LintCode } from "../diagnostics/index.ts";
import { resourceId } from "../model/index.ts";
import type { Located } from "../text/index.ts";
import { createContext, type Finding, type Lint, type LintContext, type LintedProxy } from "./context.ts";
import { LINTS } from "./lints.ts";
import type { PolicyAt } from "./policy-at.ts";
import { createAllowed, type LintedText, readSuppressions } from "./suppressions.ts";

/** What `check` makes of texts without errors. */
export interface LintInput {
  /** Labels computed. */
  readonly resources: readonly Located[];
  /** Without any of a mesh, nothing is said of which proxies its policies select. */
  readonly proxies: readonly LintedProxy[];
}

/** What to look for, and with what. */
export interface LintOptions {
  /** Lints that are off unless asked for. */
  readonly enable?: readonly LintCode[];
  /** Lints to leave out; goes before `enable`. */
  readonly disable?: readonly LintCode[];
  /** Milliseconds since 1970 in UTC; absent: nothing expires. */
  readonly now?: number;
  /** The texts of the resources, by the names in their spans; only comments in these can allow findings. */
  readonly texts?: readonly LintedText[];
}

/** A finding that no suppression allows. */
export interface Kept {
  readonly code: LintCode;
  readonly finding: Finding;
}

/** All that lints find, less what is allowed with a reason; and suppressions that are faulty or not needed. Never throws. */
export function lint(input: LintInput, options: LintOptions = {}): Diagnostic[] {
  const { kept, ofSuppressions } = runLints(input, options);
  return [...kept.map(diagnosticOf), ...ofSuppressions].sort(compareDiagnostics);
}

/** As {@link lint}, before findings become diagnostics. */
export function runLints(
  input: LintInput,
  options: LintOptions,
): { readonly kept: readonly Kept[]; readonly ofSuppressions: readonly Diagnostic[] } {
  const isOn = enabled(options);
  const policies = input.resources.flatMap(policyAt);
  const context = createContext(policies, input.proxies, options.now);
  const suppressions = readSuppressions(policies, options.texts ?? []);
  const allowed = createAllowed(suppressions, policies);
  const kept: Kept[] = [];
  const lints = LINTS.filter(({ code }) => isOn(code));
  for (const at of policies)
    for (const { code, find } of lints)
      for (const finding of find(context, at)) if (!allowed.allows(code, finding)) kept.push({ code, finding });
  const unused = isOn("L417-unused-suppression") ? allowed.unused(judging(lints, context)) : [];
  const bad = isOn("L418-bad-suppression") ? suppressions.bad : [];
  return { kept, ofSuppressions: [...unused, ...bad] };
}

function enabled({ enable = [], disable = [] }: LintOptions): (code: LintCode) => boolean {
  return (code) => !disable.includes(code) && (LINT_CODES[code] === "on" || enable.includes(code));
}

/** Could a lint have found something in a policy, or where no policy is meant in any? */
function judging(
  lints: readonly Lint[],
  context: LintContext,
): (code: LintCode, policy: PolicyAt | undefined) => boolean {
  const byCode = new Map(lints.map((lint) => [lint.code, lint]));
  return (code, policy) => {
    const lint = byCode.get(code);
    if (lint === undefined) return false;
    const { judges } = lint;
    return (
      judges === undefined || (policy === undefined ? context.policies : [policy]).some((at) => judges(context, at))
    );
  };
}

function policyAt({ resource, spanOf }: Located): PolicyAt[] {
  return resource.type === "MeshPassthrough" ? [{ resource, spanOf }] : [];
}

function diagnosticOf({ code, finding: { at, path, message, help } }: Kept): Diagnostic {
  const span = at.spanOf(path) ?? at.spanOf([]);
  return {
    code,
    severity: "warning",
    resource: resourceId(at.resource.type, at.resource.meta),
    path,
    message,
    ...(help === undefined ? {} : { help }),
    ...(span === undefined ? {} : { span }),
  };
}
