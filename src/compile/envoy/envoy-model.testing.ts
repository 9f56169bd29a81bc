/**
 * What Envoy does with a configuration, for tests: its choice of a chain, and of an answer to a request. It reads the
 * canonical JSON that is printed, so it knows nothing of how that was made. What it does not know, it refuses.
 */
import type { Connection } from "../../policy/model/index.ts";
import { type Cidr, contains, parseCidr } from "../../policy/net/index.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** Printed resources, as {@link Connection}s meet them. */
export interface Printed {
  readonly listeners: readonly JsonObject[];
  readonly routes: readonly JsonObject[];
}

export type Outcome = "allow" | "deny";

/** What becomes of a connection, or of the request that it is, at one listener. */
export function outcome(printed: Printed, listenerName: string, connection: Connection): Outcome {
  const listener = named(printed.listeners, listenerName);
  // A listener without inspector knows of no TLS.
  const seen = list(listener.listenerFilters).some((f) => string(object(f).name).endsWith("tls_inspector"));
  const chain = match(object(listener.filterChainMatcher), connection, seen);
  if (chain === undefined || chain === "refuse-local") return "deny";
  const filter = object(list(named(list(listener.filterChains).map(object), chain).filters)[0]);
  const config = object(filter.typedConfig);
  if (string(config["@type"]).endsWith("TcpProxy")) return /^od-\d+$/.test(string(config.cluster)) ? "allow" : "deny";
  if (connection.kind !== "http") return "deny";
  return requestOutcome(named(printed.routes, string(object(config.rds).routeConfigName)), connection);
}

/** The name of a chain, or undefined. */
function match(matcher: JsonObject, connection: Connection, inspected: boolean): string | undefined {
  return matchers(matcher, connection, inspected) ?? onMatch(matcher.onNoMatch, connection, inspected);
}

function onMatch(target: Json | undefined, connection: Connection, inspected: boolean): string | undefined {
  if (target === undefined) return undefined;
  const { action, matcher } = object(target);
  if (matcher !== undefined) return match(object(matcher), connection, inspected);
  const { name, typedConfig } = object(action);
  if (name !== "chain") throw new TypeError(`unknown action ${JSON.stringify(action)}`);
  return string(object(typedConfig).value);
}

function matchers(matcher: JsonObject, connection: Connection, inspected: boolean): string | undefined {
  if (matcher.matcherTree !== undefined) return tree(object(matcher.matcherTree), connection, inspected);
  if (matcher.matcherList === undefined) return undefined;
  for (const entry of list(object(matcher.matcherList).matchers).map(object)) {
    if (!predicate(object(entry.predicate), connection)) continue;
    const found = onMatch(entry.onMatch, connection, inspected);
    if (found !== undefined) return found;
  }
  return undefined;
}

function tree(matcherTree: JsonObject, connection: Connection, inspected: boolean): string | undefined {
  const type =
    string(object(object(matcherTree.input).typedConfig)["@type"])
      .split(".")
      .at(-1) ?? "";
  const value = fact(type, connection, inspected);
  if (matcherTree.exactMatchMap !== undefined) {
    const target = value === undefined ? undefined : object(object(matcherTree.exactMatchMap).map)[value];
    return onMatch(target, connection, inspected);
  }
  const custom = object(object(matcherTree.customMatch).typedConfig);
  if (!string(custom["@type"]).endsWith("ServerNameMatcher")) throw new TypeError("unknown matcher");
  return value === undefined
    ? undefined
    : serverName(list(custom.domainMatchers).map(object), value, connection, inspected);
}

/** Exact names first, then the longest suffix, then `*`. */
function serverName(
  entries: readonly JsonObject[],
  name: string,
  connection: Connection,
  inspected: boolean,
): string | undefined {
  const byDomain = new Map(
    entries.flatMap((entry) => list(entry.domains).map((d) => [string(d), entry.onMatch] as const)),
  );
  for (const candidate of candidates(name)) {
    const target = byDomain.get(candidate);
    const found = onMatch(target, connection, inspected);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The patterns that a name meets, best first. */
function candidates(name: string): string[] {
  const dots = [...name].flatMap((c, i) => (c === "." ? [i] : []));
  return [name, ...dots.map((i) => `*${name.slice(i)}`), "*"];
}

function fact(input: string, connection: Connection, inspected: boolean): string | undefined {
  if (input === "SourceTypeInput") return undefined; // only connections from the host to itself are "local"
  if (input === "DestinationPortInput") return `${connection.destination.port}`;
  if (input === "TransportProtocolInput") return inspected && connection.kind === "tls" ? "tls" : "raw_buffer";
  if (input === "ServerNameInput") return connection.kind === "tls" && inspected ? connection.serverName : undefined;
  throw new TypeError(`unknown input ${input}`);
}

/** Predicates of the listener and of access control. */
function predicate(p: JsonObject, connection: Connection): boolean {
  if (p.andMatcher !== undefined)
    return list(object(p.andMatcher).predicate).every((part) => predicate(object(part), connection));
  const single = object(p.singlePredicate);
  const input = object(object(single.input).typedConfig);
  if (string(input["@type"]).endsWith("HttpRequestHeaderMatchInput"))
    return matchesString(object(single.valueMatch), header(string(input.headerName), connection));
  const custom = object(object(single.customMatch).typedConfig);
  const type = string(custom["@type"]).split(".").at(-1);
  if (type === "ConsistentHashing") return true; // any of the buckets will do
  if (type !== "Ip") throw new TypeError(`unknown matcher ${type}`);
  return list(custom.cidrRanges)
    .map(block)
    .some((b) => contains(b, connection.destination.ip));
}

function block(range: Json): Cidr {
  const { addressPrefix, prefixLen } = object(range);
  const parsed = parseCidr(`${string(addressPrefix)}/${prefixLen}`);
  if (!parsed.ok) throw new TypeError(`no block: ${JSON.stringify(range)}`);
  return parsed.value;
}

/** Headers as they are when routes look at them. */
function header(name: string, connection: Connection): string | undefined {
  if (connection.kind !== "http") return undefined;
  if (name === "x-sallyport-protocol")
    return { "1.0": "HTTP/1.0", "1.1": "HTTP/1.1", "2": "HTTP/2" }[connection.version];
  if (name === "content-type") return connection.isGrpc ? "application/grpc+proto" : "text/plain";
  if (name === ":authority") return connection.host ?? "-";
  throw new TypeError(`unknown header ${name}`);
}

function matchesString(pattern: JsonObject, value: string | undefined): boolean {
  if (value === undefined) return false;
  if (pattern.exact !== undefined) return value === pattern.exact;
  return new RegExp(`^(?:${string(object(pattern.safeRegex).regex)})$`, "s").test(value);
}

function requestOutcome(table: JsonObject, connection: Extract<Connection, { kind: "http" }>): Outcome {
  const host = connection.host ?? "-";
  const hosts = new Map(
    list(table.virtualHosts)
      .map(object)
      .flatMap((v) => list(v.domains).map((d) => [string(d), v] as const)),
  );
  const virtualHost = candidates(host.replace(/:\d+$/, ""))
    .map((c) => hosts.get(c))
    .find((v) => v !== undefined);
  for (const route of list(virtualHost?.routes ?? []).map(object)) {
    const { connectMatcher, headers } = object(route.match);
    if (connectMatcher !== undefined) continue;
    const fits = list(headers ?? [])
      .map(object)
      .every((h) => matchesString(object(h.stringMatch), header(string(h.name), connection)));
    if (!fits) continue;
    const own = object(route.typedPerFilterConfig ?? {})["envoy.filters.http.rbac"];
    return accessControl(own ?? object(table.typedPerFilterConfig ?? {})["envoy.filters.http.rbac"], connection);
  }
  return "deny";
}

/** Absent: the filter's own rules, which admit nothing. Empty: off. */
function accessControl(config: Json | undefined, connection: Connection): Outcome {
  if (config === undefined) return "deny";
  const rbac = object(config).rbac;
  if (rbac === undefined) return "allow";
  const { matcherList, onNoMatch } = object(object(rbac).matcher);
  const entries = list(object(matcherList ?? {}).matchers ?? []).map(object);
  const found = entries.find((entry) => predicate(object(entry.predicate), connection));
  const action = object(object(object(found?.onMatch ?? onNoMatch).action).typedConfig).action ?? "ALLOW";
  return action === "ALLOW" ? "allow" : "deny";
}

function named(all: readonly JsonObject[], name: string): JsonObject {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new TypeError(`nothing is called ${name}`);
  return found;
}

const object = (json: Json | undefined): JsonObject => {
  if (json === null || typeof json !== "object" || Array.isArray(json)) throw new TypeError(`no object: ${json}`);
  return json as JsonObject; // arrays are out
};
const list = (json: Json | undefined): readonly Json[] => {
  if (!Array.isArray(json)) throw new TypeError(`no list: ${JSON.stringify(json)}`);
  return json;
};
const string = (json: Json | undefined): string => {
  if (typeof json !== "string") throw new TypeError(`no string: ${JSON.stringify(json)}`);
  return json;
};
