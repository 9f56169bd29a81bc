import { type EffectivePolicy, type Match, PROTOCOLS, type Protocol, type Rule } from "../model/index.ts";
import {
  type Cidr,
  covers,
  type DomainPattern,
  domainMatches,
  formatDomainPattern,
  hostCidr,
  type Port,
} from "../net/index.ts";
import { type AddressSet, ALL_ADDRESSES, addressSet } from "./addresses.ts";
import { unionOf } from "./intervals.ts";
import { ALL_NAMED, type NameSet, NO_NAMES, nameSet, nameUnion } from "./names.ts";
import {
  allNames,
  difference,
  EMPTY,
  EVERYTHING,
  isEmptyRectangle,
  mapTraffic,
  type Rectangle,
  type Space,
  type Traffic,
} from "./space.ts";

/** The protocols whose rules can admit a kind of traffic (semantics §3). */
export const ADMITTED_BY: Readonly<Record<Traffic, readonly Protocol[]>> = {
  tls: ["tcp", "tls"],
  http1: ["tcp", "http"],
  http2: ["tcp", "http", "http2"],
  grpc: ["tcp", "http", "http2", "grpc"],
  opaque: ["tcp"],
};

/** Every connection that `decide` allows under the policy. */
export function policySpace(policy: EffectivePolicy): Space {
  if (policy.enforced !== true || policy.mode.value === "All") return EVERYTHING;
  if (policy.mode.value === "None") return EMPTY;
  return rulesSpace(policy.rules.map((r) => r.value));
}

/** Every connection that `decide` allows under `a` and denies under `b`. Rules that both have cost next to nothing. */
export function policyDifference(a: EffectivePolicy, b: EffectivePolicy): Space {
  const other = policySpace(b);
  if (a.enforced !== true || a.mode.value !== "Matched" || other === EVERYTHING || other === EMPTY)
    return difference(policySpace(a), other);
  const known = new Set(b.rules.map(({ value }) => meaningOf(value)));
  return difference(rulesSpace(a.rules.map(({ value }) => value).filter((rule) => !known.has(meaningOf(rule)))), other);
}

/** Equal only for rules that admit the same. */
function meaningOf({ match, protocol, port }: Rule): string {
  if (match.type === "Domain") return `${protocol} ${port ?? ""} ${formatDomainPattern(match.pattern)}`;
  const { family, base, prefix } = blockOf(match);
  return `${protocol} ${port ?? ""} ${family}:${base}/${prefix}`;
}

const blockOf = (match: Exclude<Match, { readonly type: "Domain" }>): Cidr =>
  match.type === "IP" ? hostCidr(match.ip) : match.block;

/** May some connection be admitted by both? False only where none can. */
export function rulesMayMeet(a: Rule, b: Rule): boolean {
  if (a.port !== undefined && b.port !== undefined && a.port !== b.port) return false;
  if (a.match.type === "Domain" && b.match.type === "Domain") return patternsMeet(a.match.pattern, b.match.pattern);
  if (a.match.type === "Domain" || b.match.type === "Domain") return true;
  const [x, y] = [blockOf(a.match), blockOf(b.match)];
  return covers(x, y) || covers(y, x);
}

function patternsMeet(a: DomainPattern, b: DomainPattern): boolean {
  if (a.kind === "any" || b.kind === "any") return true;
  if (a.kind === "exact") return domainMatches(b, a.name);
  if (b.kind === "exact") return domainMatches(a, b.name);
  return a.rest === b.rest || domainMatches(a, b.rest) || domainMatches(b, a.rest);
}

/** Every connection that at least one of the rules admits. */
export function rulesSpace(rules: readonly Rule[]): Space {
  const groups = new Map<Port | "any", Group>();
  for (const rule of rules) addTo(groups, rule);
  const anyPort = regionsOf(groups.get("any"));
  const byPort = [...groups].flatMap(([port, group]) => (port === "any" ? [] : [{ port, regions: regionsOf(group) }]));
  const portsOf = (traffic: Traffic): Space[Traffic] => {
    // What holds for every port comes first, and is one object for all of them.
    const entries = byPort.flatMap(({ port, regions }) =>
      regions[traffic].length === 0 ? [] : [[port, [...anyPort[traffic], ...regions[traffic]]] as const],
    );
    return { byPort: new Map(entries), rest: anyPort[traffic] };
  };
  return mapTraffic(portsOf);
}

/** What the rules of one port say, by protocol. */
type Group = Readonly<Record<Protocol, { readonly blocks: Cidr[]; readonly patterns: DomainPattern[] }>>;

function addTo(groups: Map<Port | "any", Group>, { match, port, protocol }: Rule): void {
  const key = port ?? "any";
  let group = groups.get(key);
  if (group === undefined) {
    const empty = () => ({ blocks: [], patterns: [] });
    group = { tcp: empty(), tls: empty(), http: empty(), http2: empty(), grpc: empty() };
    groups.set(key, group);
  }
  if (match.type === "Domain") group[protocol].patterns.push(match.pattern);
  else group[protocol].blocks.push(blockOf(match));
}

type Regions = Readonly<Record<Traffic, readonly Rectangle[]>>;
const NO_REGIONS: Regions = mapTraffic(() => []);

/** Rules look at addresses or at names, never at both: two rectangles hold all that any number of them admits. */
function regionsOf(group: Group | undefined): Regions {
  if (group === undefined) return NO_REGIONS;
  const addresses = new Map(PROTOCOLS.map((p) => [p, addressSet(group[p].blocks)]));
  const regionOf = (traffic: Traffic): readonly Rectangle[] => {
    let here: AddressSet = [];
    let names: NameSet = NO_NAMES;
    for (const protocol of ADMITTED_BY[traffic]) {
      here = unionOf(here, addresses.get(protocol) ?? []);
      // `tcp` looks at addresses alone: with a name it is refused before it gets here, and admits nothing if it does.
      if (protocol !== "tcp" && group[protocol].patterns.length > 0)
        names = nameUnion(names, named(traffic, group[protocol].patterns));
    }
    return [
      { addresses: here, names: allNames(traffic) },
      { addresses: ALL_ADDRESSES, names },
    ].filter((rectangle) => !isEmptyRectangle(rectangle));
  };
  return mapTraffic(regionOf);
}

/** For TLS `*` covers the missing name too; for HTTP it does not. */
function named(traffic: Traffic, patterns: readonly DomainPattern[]): NameSet {
  const any = patterns.some((p) => p.kind === "any");
  if (!any) return nameSet(patterns);
  return traffic === "tls" ? allNames("tls") : ALL_NAMED;
}
