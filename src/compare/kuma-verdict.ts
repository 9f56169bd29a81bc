/**
 * The documentation's meaning with any of Kuma's differences put in, each where it belongs: with none it is `decide`, with
 * all it is what Kuma's filter chains do. Written from the differences, not from the chains; tests hold it against both.
 */
import { admits } from "../policy/decide/index.ts";
import { type Connection, type EffectivePolicy, isL7, type Rule } from "../policy/model/index.ts";
import { type Cidr, contains, formatCidr, hostCidr, isWellFormedHost } from "../policy/net/index.ts";
import { type Arrival, codecRefuses } from "../simulate/index.ts";
import type { Difference } from "./differences.ts";

/** Differences that are put in. */
export type Differences = ReadonlySet<Difference>;

/**
 * Does the connection, or the request, reach its destination? `policy` is merged already, as D1 and D10 have it. For a
 * policy that Kuma can express and its Envoy takes.
 */
export function reaches(policy: EffectivePolicy, arrival: Arrival, on: Differences): boolean {
  if (policy.enforced !== true) return true;
  if (arrival.isOwn === true && !on.has("D18")) return false;
  if (policy.mode.value !== "Matched") return policy.mode.value === "All";
  const { destination } = arrival.connection;
  const onPort = policy.rules
    .map(({ value }) => value)
    .filter(({ port }) => port === undefined || port === destination.port);
  const isNamed = policy.rules.some(({ value }) => value.port === destination.port);
  const candidates = on.has("D2") ? committed(onPort, arrival, on) : onPort;
  return candidates.some((rule) => admitsWith(rule, arrival, isNamed, on));
}

/** The block of an address rule; undefined for names, and where Kuma puts it so that it never matches. */
export function blockOf({ match, written }: Rule, on: Differences): Cidr | undefined {
  if (match.type === "Domain") return undefined;
  const block = match.type === "IP" ? hostCidr(match.ip) : match.block;
  // A v4-mapped address goes to the listener of IPv6, where no IPv4 destination arrives.
  return on.has("D14") && block.family === 4 && written.value.includes(":") ? undefined : block;
}

/**
 * D2: the rules of the longest block that holds the address, of these for HTTP those of HTTP, if there are any; only where
 * there is no block, those of names.
 */
function committed(rules: readonly Rule[], { connection }: Arrival, on: Differences): readonly Rule[] {
  let longest: Cidr | undefined;
  for (const rule of rules) {
    const block = blockOf(rule, on);
    if (block === undefined || !contains(block, connection.destination.ip)) continue;
    if (longest === undefined || block.prefix > longest.prefix) longest = block;
  }
  if (longest === undefined) return rules.filter(({ match }) => match.type === "Domain");
  const wanted = formatCidr(longest);
  const chosen = rules.filter((rule) => {
    const block = blockOf(rule, on);
    return block !== undefined && formatCidr(block) === wanted;
  });
  const isSeenAsHttp = connection.kind === "http" && connection.version !== "1.0";
  const perRequest = chosen.filter(({ protocol }) => isL7(protocol));
  return isSeenAsHttp && perRequest.length > 0 ? perRequest : chosen;
}

/** `isNamed`: some rule names the port, so that its chains are its own. */
function admitsWith(rule: Rule, arrival: Arrival, isNamed: boolean, on: Differences): boolean {
  const { connection, upgrade, isSilent } = arrival;
  if (rule.match.type !== "Domain" && blockOf(rule, on) === undefined) return false;
  if (!isL7(rule.protocol)) {
    const isHidden = rule.protocol === "tcp" && on.has("D17") && (connection.kind === "tls" || isSilent === true);
    return (
      !isHidden && (rule.match.type === "Domain" ? admitsServerName(rule, connection, on) : admits(rule, connection))
    );
  }
  if (connection.kind !== "http" || codecRefuses(arrival, "-")) return false;
  if (upgrade !== undefined && (on.has("D5") || upgrade !== "websocket")) return false;
  if (on.has("D5") && connection.version === "1.0") return false;
  // What D6 and names leave of the rule: its address, and whether its protocol admits the request.
  const asHttp = on.has("D6") ? ({ ...rule, protocol: "http" } as const) : rule;
  if (rule.match.type !== "Domain") return admits(asHttp, connection);
  const anyName = { ...asHttp, match: { type: "Domain", pattern: { kind: "any" } } } as const;
  const wellFormed = { ...connection, host: "a" };
  return admits(anyName, wellFormed) && admitsHost(rule, arrival, isNamed, on);
}

/** The value as it is compared: without the trailing dot, but where D14 keeps it. */
function textOf({ match, written }: Rule, on: Differences): string {
  const lower = written.value.toLowerCase();
  return match.type === "Domain" && !on.has("D14") ? lower.replace(/\.$/, "") : lower;
}

function admitsServerName(rule: Rule, connection: Connection, on: Differences): boolean {
  if (connection.kind !== "tls" || rule.protocol !== "tls") return false;
  const text = textOf(rule, on);
  if (text === "*") return true;
  const { serverName = "" } = connection;
  return text.startsWith("*") ? serverName.endsWith(text.slice(1)) : serverName === text;
}

function admitsHost(rule: Rule, { connection, authority }: Arrival, isNamed: boolean, on: Differences): boolean {
  if (connection.kind !== "http" || connection.host === undefined) return false;
  if (!on.has("host") && !isWellFormedHost(connection.host)) return false;
  const text = textOf(rule, on);
  if (!on.has("D7")) return fitsHost(text, connection.host);
  const host = (authority ?? connection.host).toLowerCase();
  if (fitsHost(text, host)) return true;
  if (isNamed) return fitsHost(`${text}:${connection.destination.port}`, host);
  return !text.startsWith("*") && host.startsWith(`${text}:`) && host.length > text.length + 1;
}

/** `*.x` stands for at least one character before `.x`. */
function fitsHost(text: string, host: string): boolean {
  if (!text.startsWith("*")) return host === text;
  return host.length > text.length - 1 && host.endsWith(text.slice(1));
}
