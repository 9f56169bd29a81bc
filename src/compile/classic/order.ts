import { isL7, type L7Protocol, type Protocol, type WrittenRule } from "../../policy/model/index.ts";
import { type CidrText, cidrText } from "./cidr-text.ts";

/** Kinds of match, higher first. */
export const RANKS = { wildcard: 1, domain: 2, cidr4: 3, cidr6: 4, ip4: 5, ip6: 6 } as const;
export type Rank = (typeof RANKS)[keyof typeof RANKS];

/** What becomes one filter chain a family. */
export interface ClassicMatch {
  readonly protocol: Protocol;
  /** 0: every port. */
  readonly port: number;
  readonly rank: Rank;
  /** As written; empty for the domains of an L7 protocol, which are routes. */
  readonly value: string;
  readonly routes: readonly ClassicRoute[];
}

/** A domain of an L7 protocol. */
export interface ClassicRoute {
  readonly value: string;
  readonly rank: typeof RANKS.wildcard | typeof RANKS.domain;
}

/** The chains in order, or why Kuma generates nothing at all: its words, one message a port. */
export type ClassicOrder =
  | { readonly ok: true; readonly matches: readonly ClassicMatch[] }
  | { readonly ok: false; readonly messages: readonly string[] };

interface Growing extends Omit<ClassicMatch, "routes"> {
  readonly routes: Map<string, ClassicRoute>;
}

/** The list of a merged configuration as chains. Those without port are copied to every port that any entry names. */
export function orderMatches(rules: readonly WrittenRule[]): ClassicOrder {
  const messages = collisions(rules);
  if (messages.length > 0) return { ok: false, messages };
  const groups = new Map<string, Growing>();
  for (const rule of rules) add(groups, growing(rule));
  const ports = new Set(rules.flatMap(({ port }) => port ?? []));
  for (const group of [...groups.values()])
    if (group.port === 0) for (const port of ports) add(groups, { ...group, port, routes: new Map(group.routes) });
  const matches = [...groups.values()].map((group) => ({
    ...group,
    routes: [...group.routes.values()].sort(compareRoutes),
  }));
  return { ok: true, matches: matches.sort(compareMatches) };
}

/** Ports, 0 for "every port" among them, on which more than one L7 protocol is named. */
function collisions(rules: readonly WrittenRule[]): string[] {
  const byPort = new Map<number, Set<L7Protocol>>();
  for (const { protocol, port = 0 } of rules) {
    if (!isL7(protocol)) continue;
    const known = byPort.get(port) ?? new Set();
    byPort.set(port, known.add(protocol));
  }
  return [...byPort]
    .filter(([, protocols]) => protocols.size > 1)
    .sort(([a], [b]) => a - b)
    .map(([port]) => `you cannot configure http, http2, grpc on the same port ${port}`);
}

function growing({ type, value, port = 0, protocol }: WrittenRule): Growing {
  if (type !== "Domain") {
    const family = (type === "IP" ? value : (value.split("/")[0] ?? "")).includes(":") ? 6 : 4;
    const rank = type === "IP" ? RANKS[`ip${family}`] : RANKS[`cidr${family}`];
    return { protocol, port, rank, value, routes: new Map() };
  }
  const rank = value.startsWith("*") ? RANKS.wildcard : RANKS.domain;
  if (!isL7(protocol)) return { protocol, port, rank, value, routes: new Map() };
  return { protocol, port, rank: RANKS.domain, value: "", routes: new Map([[value, { value, rank }]]) };
}

function add(groups: Map<string, Growing>, group: Growing): void {
  const key = JSON.stringify([group.protocol, group.port, group.rank, group.value]);
  const known = groups.get(key);
  if (known === undefined) groups.set(key, group);
  else for (const [value, route] of group.routes) known.routes.set(value, route);
}

/** Kuma's own order of protocols. */
const PROTOCOL_ORDER: readonly Protocol[] = ["tls", "tcp", "http", "http2", "grpc"];

function compareMatches(a: ClassicMatch, b: ClassicMatch): number {
  return (
    PROTOCOL_ORDER.indexOf(a.protocol) - PROTOCOL_ORDER.indexOf(b.protocol) ||
    b.rank - a.rank ||
    b.port - a.port ||
    compareValues(a, b)
  );
}

/** Among equals: longer prefixes first, else texts; addresses descending, as text and not by number. */
function compareValues(a: ClassicMatch, b: ClassicMatch): number {
  switch (a.rank) {
    case RANKS.ip4:
    case RANKS.ip6:
      return compareText(b.value, a.value);
    case RANKS.cidr4:
    case RANKS.cidr6:
      return compareCidrs(cidrText(a.value), cidrText(b.value));
    default:
      return compareDomains(a.value, b.value);
  }
}

const compareCidrs = (a: CidrText, b: CidrText): number => b.length - a.length || compareText(b.network, a.network);

const compareRoutes = (a: ClassicRoute, b: ClassicRoute): number => b.rank - a.rank || compareDomains(a.value, b.value);

/** More labels first. */
const compareDomains = (a: string, b: string): number => b.split(".").length - a.split(".").length || compareText(a, b);

/** Values are ASCII: code units are bytes. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
