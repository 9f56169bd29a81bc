import {
  isL7,
  type L7Protocol,
  type NearMiss,
  type Protocol,
  parseRule,
  type Rule,
  type WrittenRule,
} from "../model/index.ts";
import {
  cidrOf,
  formatCidr,
  formatIp,
  hostCidr,
  type IpAddress,
  type Port,
  parseDomainPattern,
  width,
} from "../net/index.ts";
import type { Question } from "./question.ts";

/** What a rule says about the destination, as its author writes it. */
export type WrittenMatch = Pick<WrittenRule, "type" | "value">;

/** The destinations that rules for the question could name, the narrowest first. */
export function matchesFor({ connection, anyName }: Question): readonly WrittenMatch[] {
  const { ip } = connection.destination;
  const address = ip === undefined ? [] : [{ type: "IP" as const, value: formatIp(ip) }];
  if (connection.kind === "opaque") return address;
  if (anyName) return [...address, { type: "Domain", value: "*" }];
  const name = connection.kind === "tls" ? connection.serverName : connection.host;
  const pattern = name === undefined ? undefined : parseDomainPattern(name);
  const isName = pattern?.ok === true && pattern.value.kind === "exact" && pattern.value.name === name;
  return isName ? [{ type: "Domain", value: pattern.value.name }, ...address] : address;
}

/** The protocols whose rules admit the bytes, the narrowest first. */
function protocolsFor({ connection }: Question): readonly Protocol[] {
  if (connection.kind === "opaque") return ["tcp"];
  if (connection.kind === "tls") return ["tls"];
  if (connection.version !== "2") return ["http"];
  return connection.isGrpc ? ["grpc", "http2", "http"] : ["http2", "http"];
}

/** The narrowest protocol that may stand beside the rules of a policy: one of `http`, `http2`, `grpc` a port. */
export function protocolBeside(rules: readonly Rule[], question: Question): Protocol | undefined {
  const { port } = question.connection.destination;
  const taken = l7On(rules, port);
  return protocolsFor(question).find((p) => !isL7(p) || taken.size === 0 || (taken.size === 1 && taken.has(p)));
}

/** The L7 protocols that rules name for a port, or for all of them. */
function l7On(rules: readonly Rule[], port: Port | undefined): ReadonlySet<L7Protocol> {
  const found = new Set<L7Protocol>();
  for (const rule of rules) if (rule.port === port && isL7(rule.protocol)) found.add(rule.protocol);
  return found;
}

/** Would the documentation accept the rule beside the others of its policy (E201 to E204)? */
export function mayStandBeside(rules: readonly Rule[], rule: Rule): boolean {
  const { match, protocol, port } = rule;
  const isDomain = match.type === "Domain";
  if (isDomain && protocol === "tcp") return false;
  if (isDomain && port === undefined && isL7(protocol) && match.pattern.kind !== "exact") return false;
  if (isL7(protocol) && [...l7On(rules, port)].some((other) => other !== protocol)) return false;
  return !rules.some((other) => other.protocol === protocol && other.port === port && isSameMatch(other, rule));
}

function isSameMatch({ written: a }: Rule, { written: b }: Rule): boolean {
  return a.type === b.type && a.value === b.value;
}

/** The rule of written fields; undefined where one of them is refused. */
export function ruleOf(written: WrittenRule): Rule | undefined {
  const parsed = parseRule(written);
  return parsed.ok ? parsed.value : undefined;
}

/** Rules that admit what a near miss admits, and more: each in the place of its rule. */
export function widened({ rule, differs }: NearMiss, question: Question): readonly WrittenRule[] {
  const [only, second] = differs;
  if (second !== undefined) return [];
  const { written } = rule;
  switch (only) {
    case "port": {
      const { port: _, ...anyPort } = written;
      return [anyPort];
    }
    case "protocol":
      return [...protocolsFor(question), "tcp" as const]
        .filter((p) => includes(p, rule.protocol) && p !== rule.protocol)
        .map((protocol) => ({ ...written, protocol }));
    case "name":
      return widerName(rule, question).map((value) => ({ ...written, value }));
    case "address":
      return widerBlock(rule, question.connection.destination.ip).map((value) => ({ ...written, type: "CIDR", value }));
    default:
      return [];
  }
}

/** Does the one protocol admit all that the other does? */
const includes = (wide: Protocol, narrow: Protocol): boolean =>
  wide === "tcp" || (isL7(narrow) && (wide === "http" || (wide === "http2" && narrow === "grpc")));

/** Below fewer labels than this a wildcard is as good as all names. */
const MIN_LABELS = 2;

function widerName({ match }: Rule, { connection }: Question): readonly string[] {
  const asked =
    connection.kind === "tls" ? connection.serverName : connection.kind === "http" ? connection.host : undefined;
  if (asked === undefined || match.type !== "Domain" || match.pattern.kind === "any") return [];
  const mine = match.pattern.kind === "exact" ? match.pattern.name : match.pattern.rest;
  const [a, b] = [asked.split(".").reverse(), mine.split(".").reverse()];
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared++;
  // `*.rest` does not cover `rest` itself.
  const least = match.pattern.kind === "exact" ? b.length - 1 : b.length;
  const labels = Math.min(shared, a.length - 1, least);
  return labels < MIN_LABELS ? [] : [`*.${b.slice(0, labels).reverse().join(".")}`];
}

/** No rule is widened over more than these many leading bits. */
const MIN_PREFIX = { 4: 16, 6: 48 } as const;

function widerBlock({ match }: Rule, ip: IpAddress | undefined): readonly string[] {
  if (ip === undefined || match.type === "Domain") return [];
  const block = match.type === "IP" ? hostCidr(match.ip) : match.block;
  if (block.family !== ip.family) return [];
  const differing = (block.base ^ ip.bits).toString(2).length;
  const prefix = Math.min(block.prefix, width(ip.family) - differing);
  return prefix < MIN_PREFIX[ip.family] ? [] : [formatCidr(cidrOf(ip.family, ip.bits, prefix))];
}
