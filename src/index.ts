/**
 * The library: the meaning of policies, without files, network, clock or process. Runs wherever JavaScript runs.
 *
 *     const { diagnostics, proxies } = check([{ file: "policy.yaml", text }]);
 *     decide(proxies[0].effective, connection).kind; // "allow" or "deny"
 */
export { type Checked, type CheckedProxy, type CheckOptions, check, type SourceText } from "./policy/check/index.ts";
export { decide } from "./policy/decide/index.ts";
export {
  type Diagnostic,
  type DiagnosticCode,
  formatPath,
  type JsonDiagnostic,
  type Path,
  type Position,
  renderJson,
  renderText,
  type Result,
  type Severity,
  type Span,
} from "./policy/diagnostics/index.ts";
export { diff, type EgressDiff } from "./policy/diff/index.ts";
export { type Selection, selects } from "./policy/match/index.ts";
export { effectivePolicy } from "./policy/merge/index.ts";
export * from "./policy/model/index.ts";
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
export { type Located, type ParsedText, parseResources, printResource } from "./policy/text/index.ts";
export { renderVerdict, renderWhy, type Why, why } from "./policy/why/index.ts";
