/**
 * The library: the meaning of policies, without files, network, clock or process. Runs wherever JavaScript runs; every
 * call is a function of its arguments, and none throws for what it is given to read.
 *
 *   parse ──▶ effective ──┬──▶ decide   may this connection leave?
 *   check ──┬─────────────┼──▶ why      the same where the address may be unknown
 *           │             └──▶ diff     what a change of policies allows and denies
 *           └──▶ lint, runAssertions    what is probably not meant; what must hold
 *
 *     const { diagnostics, proxies } = check([{ file: "policy.yaml", text }]);
 *     decide(proxies[0].effective, connection).kind; // "allow" or "deny"
 */
import { type LabelContext, withComputedLabels } from "./policy/labels/index.ts";
import { effectivePolicy } from "./policy/merge/index.ts";
import type { Dataplane, EffectivePolicy, MeshPassthrough, Resource } from "./policy/model/index.ts";

export {
  type AssertionCase,
  type CaseOutcome,
  coverage,
  type Refutation,
  type Reported,
  type RuleCoverage,
  renderTap,
  renderTestJunit,
  renderTestSarif,
  runCase,
  runStatement,
  type Statement,
  type StatementOutcome,
  statementClasses,
  type TestedProxy,
} from "./policy/assert/index.ts";
export {
  type Checked,
  type CheckedProxy,
  type CheckedStatements,
  type CheckedSuite,
  type CheckOptions,
  type ConvertedText,
  type ConvertedTexts,
  check,
  convertTexts as convert,
  type FileOutcome,
  type KumaFinding,
  type KumaProxy,
  reportOutcome,
  runAssertions,
  type SourceText,
  situationOf,
} from "./policy/check/index.ts";
export { decide } from "./policy/decide/index.ts";
export {
  DIAGNOSTIC_CODES,
  type Diagnostic,
  type DiagnosticCode,
  formatPath,
  type JsonDiagnostic,
  type JunitOptions,
  LINT_CODES,
  type LintCode,
  type Path,
  type Position,
  renderCount,
  renderJson,
  renderJunit,
  renderSarif,
  renderText,
  type SarifLog,
  type Severity,
  type Span,
} from "./policy/diagnostics/index.ts";
export {
  type DiffGroup,
  type DiffReport,
  diff,
  diffProxies,
  type EgressDiff,
  type ProxyPolicy,
  renderDiffMarkdown,
  viewDiff,
} from "./policy/diff/index.ts";
export { type FixedText, fix, type LintInput, type LintOptions, lint } from "./policy/lint/index.ts";
export { type Selection, selects } from "./policy/match/index.ts";
export {
  addressed,
  atAddress,
  type Connection,
  type ConnectionText,
  connectionFromObject,
  customResourceDefinition,
  type Dataplane,
  type Destination,
  type EffectivePolicy,
  formatConnection,
  formatPolicyRef,
  jsonSchema,
  type Match,
  type Mesh,
  type MeshPassthrough,
  type Meta,
  type Mode,
  type NearMiss,
  openApi,
  type PolicyRef,
  type Protocol,
  parseConnection,
  type Reason,
  type Resource,
  type Rule,
  resourceId,
  SCHEMES,
  type Scheme,
  type Sourced,
  type TargetRef,
  type Verdict,
  type WrittenRule,
} from "./policy/model/index.ts";
export {
  type Cidr,
  type DomainName,
  type DomainPattern,
  formatCidr,
  formatDomainPattern,
  formatIp,
  type IpAddress,
  type Parsed,
  type Port,
  parseCidr,
  parseDomainPattern,
  parseIp,
  parsePort,
} from "./policy/net/index.ts";
export { type ClassView, type ConnectionClass, renderClass, viewClass } from "./policy/space/index.ts";
export {
  type ConvertOptions,
  type Formatted,
  formatText as format,
  type Located,
  type OddField,
  type ParsedText,
  parseResources as parse,
  printResource,
} from "./policy/text/index.ts";
export { COMPATIBILITY_LEVELS, type Compatibility, type KumaVerdict, type Violation } from "./policy/validate/index.ts";
export {
  type Edit,
  type EditContext,
  type EditView,
  formatQuestion,
  parseQuestion,
  proposeEdits,
  type Question,
  renderEdits,
  renderVerdict,
  renderWhy,
  renderWhyNames,
  type Situation,
  viewEdit,
  type Why,
  type WhyNames,
  why,
  whyNames,
} from "./policy/why/index.ts";

/** Where resources count as written; what is absent is as for files on their own. */
export type EffectiveOptions = Partial<LabelContext>;

/**
 * What one proxy enforces under a set of resources: those of other meshes and other proxies play no part, nor does the
 * order. Computes labels itself, so it takes resources as {@link parse} gives them, and those of `check` as well.
 * Faults of the set, such as two policies of one name, are what `check` finds; here they are not looked for.
 */
export function effective(
  resources: readonly Resource[],
  dataplane: Dataplane,
  options: EffectiveOptions = {},
): EffectivePolicy {
  const context: LabelContext = { systemNamespace: "kuma-system", ...options };
  const labelled = <R extends Resource>(resource: R): R => withComputedLabels(resource, context);
  const mesh = resources.find(({ type, meta }) => type === "Mesh" && meta.name === dataplane.meta.mesh);
  const policies = resources.filter((resource): resource is MeshPassthrough => resource.type === "MeshPassthrough");
  return effectivePolicy(mesh?.type === "Mesh" ? mesh : undefined, policies.map(labelled), labelled(dataplane));
}
