import { assertNever } from "../diagnostics/index.ts";
import {
  type Difference,
  formatPolicyRef,
  isL7,
  type NearMiss,
  type NotEnforced,
  type PolicyRef,
  type Protocol,
  type Reason,
  type Rule,
  type Verdict,
} from "../model/index.ts";
import { formatCidr, formatIp } from "../net/index.ts";

/**
 * A verdict as lines of plain text without line ends: the first begins with `allowed: ` or `denied: `, further
 * reasons and near misses follow, indented by two spaces.
 */
export function renderVerdict(verdict: Verdict): string[] {
  const [first = "", ...others] = renderReasons(verdict);
  return [`${verdict.kind === "allow" ? "allowed" : "denied"}: ${first}`, ...others.map((line) => `  ${line}`)];
}

/** The reasons alone, one a line, near misses each on its own. */
export const renderReasons = (verdict: Verdict): string[] => verdict.reasons.flatMap(renderReason);

function renderReason(reason: Reason): string[] {
  switch (reason.kind) {
    case "not enforced":
      return [`not enforced: ${NOT_ENFORCED[reason.why]}`];
    case "mode":
      return [`mode ${reason.mode}, ${renderModeSource(reason.source)}`];
    case "rule":
      return [`rule ${formatPolicyRef(reason.source)} (${renderRule(reason.rule)})`];
    case "no rule admits":
      return ["no rule admits it", ...reason.nearest.map(renderNearMiss)];
    default:
      return assertNever(reason);
  }
}

const NOT_ENFORCED: Readonly<Record<NotEnforced, string>> = {
  "no transparent proxy": "the Dataplane has no transparent proxy, so nothing is redirected to its sidecar",
  "builtin gateway": "the policy has no effect on a builtin gateway",
};

function renderModeSource(source: PolicyRef | "mesh" | "default"): string {
  if (source === "mesh")
    return "by the Mesh: no policy selects this proxy, and networking.outbound.passthrough decides";
  if (source === "default") return "by default: none of the policies that select this proxy sets a mode";
  return `set by ${formatPolicyRef(source)}`;
}

/** `Domain httpbin.org tls 443`: the rule as its author wrote it. */
export function renderRule(rule: Rule): string {
  const { type, value, protocol } = rule.written;
  return `${type} ${value} ${protocol} ${rule.port ?? "on any port"}`;
}

function renderNearMiss(miss: NearMiss): string {
  const changes = miss.differs.map((difference) => renderDifference(difference, miss.rule));
  return `${formatPolicyRef(miss.source)} would admit it if ${changes.join(" and ")}`;
}

const BYTES: Readonly<Record<Exclude<Protocol, "tcp">, string>> = {
  tls: "it were TLS",
  http: "it were a plaintext HTTP request",
  http2: "it were a plaintext HTTP/2 request",
  grpc: "it were a plaintext gRPC request over HTTP/2",
};

/** What the connection would have to be in this respect for the rule to admit it. */
function renderDifference(difference: Difference, rule: Rule): string {
  switch (difference) {
    case "port":
      return `the port were ${rule.port ?? "another"}`;
    case "protocol":
      return rule.protocol === "tcp" ? "it were another connection" : BYTES[rule.protocol];
    case "address":
      return renderAddress(rule);
    case "name":
      return renderName(rule);
    default:
      return assertNever(difference);
  }
}

function renderAddress({ match }: Rule): string {
  if (match.type === "Domain") return "the address were another";
  return match.type === "IP"
    ? `the address were ${formatIp(match.ip)}`
    : `the address were in ${formatCidr(match.block)}`;
}

function renderName({ match, protocol }: Rule): string {
  const name = isL7(protocol) ? "the host" : "the server name";
  if (match.type !== "Domain" || match.pattern.kind === "any") return `${name} were a well-formed name`;
  return match.pattern.kind === "exact"
    ? `${name} were ${match.pattern.name}`
    : `${name} ended in .${match.pattern.rest}`;
}
