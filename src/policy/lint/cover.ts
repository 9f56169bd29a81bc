/**
 * Which rules admit all that a rule admits. Exact, as the sets of `policy/space` are, but indexed: a list of ten
 * thousand rules is asked ten thousand times.
 *
 * That one rule covers another is decided port by port and protocol by protocol (a bucket). Several rules together
 * cover one that none of them covers alone only where blocks of addresses add up: names never do.
 */

import { comparePrecedence } from "../match/index.ts";
import type { MeshPassthrough, Protocol, Rule } from "../model/index.ts";
import { type Cidr, compareCidr, formatCidr, formatDomainPattern, hostCidr, type Port } from "../net/index.ts";
import { type AddressSet, ALL_ADDRESSES, addressSet } from "../space/index.ts";
import type { Located } from "../text/index.ts";

/** A rule and where it stands. */
export interface RuleAt {
  readonly at: Located<MeshPassthrough>;
  readonly index: number;
  readonly rule: Rule;
}

/** One block of a bucket; blocks are sorted, and none lies in another. */
interface Stretch {
  readonly first: bigint;
  readonly last: bigint;
  readonly rule: RuleAt;
}

/** Rules of one port and one protocol. */
interface Bucket {
  /** `*`. */
  readonly any?: RuleAt;
  readonly exact: ReadonlyMap<string, RuleAt>;
  readonly suffixes: ReadonlyMap<string, RuleAt>;
  readonly stretches: readonly Stretch[];
}

/** Rules, ready to be asked which of them cover another. */
export type CoverIndex = ReadonlyMap<string, Bucket>;

/** Protocols whose rules admit all the traffic that a protocol's rules admit, the one that admits most first. */
const AT_LEAST: Readonly<Record<Protocol, readonly Protocol[]>> = {
  tcp: ["tcp"],
  tls: ["tcp", "tls"],
  http: ["tcp", "http"],
  http2: ["tcp", "http", "http2"],
  grpc: ["tcp", "http", "http2", "grpc"],
};

const bucketKey = (port: Port | "any", protocol: Protocol): string => `${port} ${protocol}`;
const bucketOf = ({ port, protocol }: Rule): string => bucketKey(port ?? "any", protocol);

/** Buckets whose rules admit at least the ports and protocols of a rule, in an order in which no later one has more. */
function bucketsFor(rule: Rule): string[] {
  const ports = rule.port === undefined ? (["any"] as const) : (["any", rule.port] as const);
  return ports.flatMap((port) => AT_LEAST[rule.protocol].map((protocol) => bucketKey(port, protocol)));
}

const blockOf = ({ match }: Rule): Cidr | undefined =>
  match.type === "Domain" ? undefined : match.type === "IP" ? hostCidr(match.ip) : match.block;

/** What a rule says, spelling aside: equal for rules that admit the same. */
function meaningOf(rule: Rule): string {
  const { match } = rule;
  const block = blockOf(rule);
  const what =
    block !== undefined ? formatCidr(block) : match.type === "Domain" ? formatDomainPattern(match.pattern) : "";
  return `${bucketOf(rule)} ${what}`;
}

/** Was the rule written as it would be printed? */
function isPlain({ match, written: { value } }: Rule): boolean {
  if (match.type === "Domain") return value === formatDomainPattern(match.pattern);
  return match.type === "IP"
    ? `${value}/${match.ip.family === 4 ? 32 : 128}` === formatCidr(hostCidr(match.ip))
    : value === formatCidr(match.block);
}

/** Of rules that admit the same, which one stays: a total order, the first one does. */
function comparePreference(a: RuleAt, b: RuleAt): number {
  return (
    comparePrecedence(a.at.resource, b.at.resource) ||
    Number(isPlain(b.rule)) - Number(isPlain(a.rule)) ||
    compareText(JSON.stringify(a.rule.written), JSON.stringify(b.rule.written)) ||
    a.index - b.index
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** An index of rules in any order; of those that admit the same it holds one. */
export function createCoverIndex(rules: Iterable<RuleAt>): CoverIndex {
  const distinct = new Map<string, RuleAt>();
  for (const rule of rules) {
    const meaning = meaningOf(rule.rule);
    const known = distinct.get(meaning);
    if (known === undefined || comparePreference(rule, known) < 0) distinct.set(meaning, rule);
  }
  const groups = new Map<string, RuleAt[]>();
  for (const rule of distinct.values()) {
    const group = groups.get(bucketOf(rule.rule));
    if (group === undefined) groups.set(bucketOf(rule.rule), [rule]);
    else group.push(rule);
  }
  return new Map([...groups].map(([key, group]) => [key, createBucket(group)]));
}

function createBucket(rules: readonly RuleAt[]): Bucket {
  let any: RuleAt | undefined;
  const exact = new Map<string, RuleAt>();
  const suffixes = new Map<string, RuleAt>();
  const blocks: { block: Cidr; rule: RuleAt }[] = [];
  for (const rule of rules) {
    const { match } = rule.rule;
    const block = blockOf(rule.rule);
    if (block !== undefined) blocks.push({ block, rule });
    else if (match.type === "Domain") {
      if (match.pattern.kind === "any") any = rule;
      else if (match.pattern.kind === "exact") exact.set(match.pattern.name, rule);
      else suffixes.set(match.pattern.rest, rule);
    }
  }
  blocks.sort((a, b) => compareCidr(a.block, b.block));
  const stretches: Stretch[] = [];
  for (const { block, rule } of blocks) {
    const { first, last } = bounds(addressSet([block]));
    if (last > (stretches.at(-1)?.last ?? -1n)) stretches.push({ first, last, rule });
  }
  return { ...(any === undefined ? {} : { any }), exact, suffixes, stretches };
}

/** Of a set that is not empty; a block round the v4-mapped addresses, which are IPv4, counts as whole. */
function bounds(set: AddressSet): { first: bigint; last: bigint } {
  return { first: set[0]?.[0] ?? 0n, last: set.at(-1)?.[1] ?? -1n };
}

/** The stretch that holds `place`. */
function stretchAt(stretches: readonly Stretch[], place: bigint): Stretch | undefined {
  let low = 0;
  let high = stretches.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const stretch = stretches[middle];
    if (stretch === undefined) return undefined;
    if (place < stretch.first) high = middle - 1;
    else if (place > stretch.last) low = middle + 1;
    else return stretch;
  }
  return undefined;
}

/**
 * A rule of the index that admits all that `rule` admits, and is itself covered by no other of the index. Not the rule
 * itself; one that admits the same only if it is the one that stays.
 */
export function coveredByOne(rule: RuleAt, index: CoverIndex): RuleAt | undefined {
  for (const key of bucketsFor(rule.rule)) {
    const bucket = index.get(key);
    const found = bucket === undefined ? undefined : widestIn(bucket, rule.rule);
    if (found !== undefined && !(found.at === rule.at && found.index === rule.index)) return found;
  }
  return undefined;
}

function widestIn(bucket: Bucket, rule: Rule): RuleAt | undefined {
  const { match, protocol } = rule;
  // For TLS `*` is every name and the missing one; for HTTP an address rule also admits hosts that are no names.
  if (match.type === "Domain" || protocol === "tls") if (bucket.any !== undefined) return bucket.any;
  const block = blockOf(rule);
  if (block !== undefined) {
    const { first, last } = bounds(addressSet([block]));
    const stretch = stretchAt(bucket.stretches, first);
    return stretch !== undefined && stretch.last >= last ? stretch.rule : undefined;
  }
  if (match.type !== "Domain" || match.pattern.kind === "any") return undefined;
  const { pattern } = match;
  const name = pattern.kind === "exact" ? pattern.name : pattern.rest;
  for (let dot = name.lastIndexOf("."); dot >= 0; dot = dot === 0 ? -1 : name.lastIndexOf(".", dot - 1)) {
    const found = bucket.suffixes.get(name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return pattern.kind === "exact" ? bucket.exact.get(name) : bucket.suffixes.get(name);
}

/** An index, and whether it holds the rule that is asked about, or others that it covers. */
export interface Cover {
  readonly index: CoverIndex;
  readonly isOwn: boolean;
}

/**
 * Rules that together admit all that `rule` admits, none of them from its own bucket where the index is its own: what
 * it covers itself cannot make it superfluous. So all rules for which this, or {@link coveredByOne}, finds something
 * can go at once.
 */
export function coveredByMany(rule: RuleAt, covers: readonly Cover[]): readonly RuleAt[] | undefined {
  const block = blockOf(rule.rule);
  const own = bucketOf(rule.rule);
  const coversBlocks = block !== undefined || (rule.rule.protocol === "tls" && rule.rule.written.value === "*");
  const buckets = bucketsFor(rule.rule).flatMap((key) =>
    covers.flatMap(({ index, isOwn }) => (isOwn && key === own && coversBlocks ? [] : (index.get(key) ?? []))),
  );
  const found = new Set<RuleAt>();
  for (const [first, last] of block === undefined ? ALL_ADDRESSES : addressSet([block]))
    for (let at = first; at <= last; ) {
      let longest: Stretch | undefined;
      for (const { stretches } of buckets) {
        const stretch = stretchAt(stretches, at);
        if (stretch !== undefined && stretch.last > (longest?.last ?? -1n)) longest = stretch;
      }
      if (longest === undefined) return undefined;
      found.add(longest.rule);
      at = longest.last + 1n;
    }
  return [...found];
}
