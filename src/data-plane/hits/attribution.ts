import { admits } from "../../policy/decide/index.ts";
import type { Connection, EffectivePolicy, Rule } from "../../policy/model/index.ts";
import { type IpAddress, width } from "../../policy/net/index.ts";

/** Finds which rules of one policy admit a connection, without asking them all. */
export interface Attribution {
  readonly policy: EffectivePolicy;
  /** Whether the policy admits it, as `decide` says. */
  allows(connection: Connection): boolean;
  /**
   * Positions in `policy.rules` of all rules that admit it, ascending: those that `decide` names. None where rules play
   * no part.
   */
  rulesFor(connection: Connection): readonly number[];
}

/** Answers kept, since workloads ask for few things many times. */
const REMEMBERED = 4_096;
/** No rule holds a longer name. */
const LONGEST_NAME = 253;
const NONE: readonly number[] = [];

/**
 * Rules are filed under what a connection must have: protocol, port, and name or block. Each is asked by `admits` before
 * it counts, so a fault here can miss a rule and never invent one.
 */
export function attribution(policy: EffectivePolicy): Attribution {
  const isMatched = policy.enforced === true && policy.mode.value === "Matched";
  const allowsAll = policy.enforced !== true || policy.mode.value === "All";
  const index = isMatched ? indexOf(policy) : undefined;
  const known = new Map<string, readonly number[]>();
  const rulesFor = (connection: Connection): readonly number[] => {
    if (index === undefined) return NONE;
    const key = memoKey(connection);
    const before = key === undefined ? undefined : known.get(key);
    if (before !== undefined) return before;
    const found = candidates(index, connection)
      .filter((i) => asks(policy.rules[i]?.value, connection))
      .sort((a, b) => a - b);
    if (known.size >= REMEMBERED) known.clear();
    if (key !== undefined) known.set(key, found.length === 0 ? NONE : found);
    return found;
  };
  return { policy, rulesFor, allows: (connection) => allowsAll || rulesFor(connection).length > 0 };
}

const asks = (rule: Rule | undefined, connection: Connection): boolean =>
  rule !== undefined && admits(rule, connection);

function memoKey(connection: Connection): string | undefined {
  const { ip, port } = connection.destination;
  const where = `${ip.family}${ip.bits.toString(36)} ${port}`;
  if (connection.kind === "opaque") return where;
  const name = connection.kind === "tls" ? connection.serverName : connection.host;
  if (name !== undefined && name.length > LONGEST_NAME) return undefined;
  const kind = connection.kind === "tls" ? "t" : `${connection.version}${connection.isGrpc}`;
  return `${where} ${kind} ${name === undefined ? "" : `=${name}`}`;
}

interface RuleIndex {
  readonly filed: ReadonlyMap<string, readonly number[]>;
  /** Lengths of blocks that occur, by family: an address has one block of each. */
  readonly prefixes: { readonly 4: readonly number[]; readonly 6: readonly number[] };
}

function indexOf({ rules }: EffectivePolicy): RuleIndex {
  const filed = new Map<string, number[]>();
  const prefixes = { 4: new Set<number>(), 6: new Set<number>() };
  for (const [i, { value: rule }] of rules.entries()) {
    const key = `${slot(rule.protocol, rule.port)}${matchKey(rule)}`;
    const same = filed.get(key);
    if (same === undefined) filed.set(key, [i]);
    else same.push(i);
    if (rule.match.type === "IP") prefixes[rule.match.ip.family].add(width(rule.match.ip.family));
    else if (rule.match.type === "CIDR") prefixes[rule.match.block.family].add(rule.match.block.prefix);
  }
  return { filed, prefixes: { 4: [...prefixes[4]], 6: [...prefixes[6]] } };
}

const slot = (protocol: Rule["protocol"], port: number | undefined): string => `${protocol} ${port ?? ""} `;

function matchKey({ match }: Rule): string {
  if (match.type === "IP") return blockKey(match.ip, width(match.ip.family));
  if (match.type === "CIDR")
    return blockKey({ family: match.block.family, bits: match.block.base }, match.block.prefix);
  const { pattern } = match;
  if (pattern.kind === "any") return "*";
  return pattern.kind === "exact" ? `=${pattern.name}` : `*.${pattern.rest}`;
}

function blockKey({ family, bits }: Pick<IpAddress, "family" | "bits">, prefix: number): string {
  return `[${family}/${prefix}/${(bits >> BigInt(width(family) - prefix)).toString(36)}`;
}

function candidates({ filed, prefixes }: RuleIndex, connection: Connection): number[] {
  const { ip, port } = connection.destination;
  const keys = prefixes[ip.family].map((prefix) => blockKey(ip, prefix));
  const names = namesOf(connection);
  const found: number[] = [];
  for (const protocol of protocolsOf(connection))
    for (const where of [slot(protocol, port), slot(protocol, undefined)])
      for (const key of protocol === "tcp" ? keys : [...keys, ...names]) {
        const rules = filed.get(where + key);
        if (rules !== undefined) found.push(...rules);
      }
  return found;
}

function protocolsOf(connection: Connection): readonly Rule["protocol"][] {
  if (connection.kind === "opaque") return ["tcp"];
  if (connection.kind === "tls") return ["tcp", "tls"];
  if (connection.version !== "2") return ["tcp", "http"];
  return connection.isGrpc ? ["tcp", "http", "http2", "grpc"] : ["tcp", "http", "http2"];
}

/** Every pattern that can cover the name. */
function namesOf(connection: Connection): string[] {
  if (connection.kind === "opaque") return [];
  const name = connection.kind === "tls" ? connection.serverName : connection.host;
  if (name === undefined) return ["*"];
  const keys = ["*"];
  if (name.length <= LONGEST_NAME) keys.push(`=${name}`); // a name may look like a pattern
  for (
    let dot = name.indexOf(".", Math.max(0, name.length - LONGEST_NAME - 1));
    dot >= 0;
    dot = name.indexOf(".", dot + 1)
  )
    keys.push(`*${name.slice(dot)}`);
  return keys;
}
