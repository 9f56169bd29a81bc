import { type EffectivePolicy, L7_PROTOCOLS, type Protocol, type Rule } from "../model/index.ts";
import { type Cidr, type DomainPattern, hostCidr, type Port } from "../net/index.ts";
import { ALL_ADDRESSES, addressSet } from "./addresses.ts";
import { ALL_NAMED, type NameSet, NO_NAMES, nameSet } from "./names.ts";
import { allNames, EMPTY, EVERYTHING, mapTraffic, type Rectangle, type Space, type Traffic } from "./space.ts";

/** The protocols whose rules can admit a kind of traffic (semantics §3). */
const ADMITTED_BY: Readonly<Record<Traffic, readonly Protocol[]>> = {
  tls: ["tcp", "tls"],
  http1: ["tcp", "http"],
  http2: ["tcp", "http", "http2"],
  grpc: ["tcp", ...L7_PROTOCOLS],
  opaque: ["tcp"],
};

/** Every connection that `decide` allows under the policy. */
export function policySpace(policy: EffectivePolicy): Space {
  if (policy.enforced !== true || policy.mode.value === "All") return EVERYTHING;
  if (policy.mode.value === "None") return EMPTY;
  return rulesSpace(policy.rules.map((r) => r.value));
}

/** Every connection that at least one of the rules admits. */
export function rulesSpace(rules: readonly Rule[]): Space {
  return mapTraffic((traffic) => {
    const relevant = rules.filter((r) => ADMITTED_BY[traffic].includes(r.protocol));
    const byPort = new Map<Port | "any", Rule[]>();
    for (const rule of relevant) {
      const group = byPort.get(rule.port ?? "any");
      if (group === undefined) byPort.set(rule.port ?? "any", [rule]);
      else group.push(rule);
    }
    const anyPort = byPort.get("any") ?? [];
    byPort.delete("any");
    const regions = new Map<Port, readonly Rectangle[]>();
    for (const [port, group] of byPort)
      if (port !== "any") regions.set(port, regionOf(traffic, [...group, ...anyPort]));
    return { byPort: regions, rest: regionOf(traffic, anyPort) };
  });
}

/** Rules look at addresses or at names, never at both: two rectangles hold all that any number of them admits. */
function regionOf(traffic: Traffic, rules: readonly Rule[]): readonly Rectangle[] {
  const blocks: Cidr[] = [];
  const patterns: DomainPattern[] = [];
  for (const { match } of rules) {
    if (match.type === "Domain") patterns.push(match.pattern);
    else blocks.push(match.type === "IP" ? hostCidr(match.ip) : match.block);
  }
  const out: Rectangle[] = [];
  if (blocks.length > 0) out.push({ addresses: addressSet(blocks), names: allNames(traffic) });
  if (patterns.length > 0) out.push({ addresses: ALL_ADDRESSES, names: named(traffic, patterns) });
  return out;
}

/** For TLS `*` covers the missing name too; for HTTP it does not. */
function named(traffic: Traffic, patterns: readonly DomainPattern[]): NameSet {
  const any = patterns.some((p) => p.kind === "any");
  if (!any) return nameSet(patterns);
  return traffic === "tls" ? allNames("tls") : traffic === "opaque" ? NO_NAMES : ALL_NAMED;
}
