import { type EffectivePolicy, isL7, type L7Protocol, type Rule } from "../../policy/model/index.ts";
import { type Cidr, type DomainPattern, hostCidr } from "../../policy/net/index.ts";
import { blocksByLevel, mergeBlocks } from "./blocks.ts";
import { isEmptyNameSet, nameSet, namesByLevel } from "./names.ts";
import { ANY_PORT, type HttpRules, type PortBlocks, type PortKey, type PortNames, type Table } from "./table.ts";

/** The rules of one port, filed and not yet normalised. */
interface Collected {
  readonly tcp: Cidr[];
  readonly tlsBlocks: Cidr[];
  readonly tlsNames: DomainPattern[];
  readonly httpBlocks: LevelledBlock[];
  readonly httpNames: LevelledName[];
}

interface LevelledBlock {
  readonly block: Cidr;
  readonly level: L7Protocol;
}

interface LevelledName {
  readonly pattern: DomainPattern;
  readonly level: L7Protocol;
}

/** One port of a table, and what it was made from. */
interface Entry {
  readonly from: Collected;
  readonly tcp?: PortBlocks;
  readonly tlsBlocks?: PortBlocks;
  readonly tlsNames?: PortNames;
  readonly http?: HttpRules;
}
type Entries = ReadonlyMap<PortKey, Entry>;

const NO_RULES = { tcp: [], tlsBlocks: [], tlsNames: [], http: [] } as const;
const ALL: Table = { mode: "All", ...NO_RULES };
const NONE: Table = { mode: "None", ...NO_RULES };

/** For the next table, which differs little. */
const entriesOf = new WeakMap<Table, Entries>();

/**
 * Index an effective policy. Total; the cost is that of sorting the rules. Parts for which the rules of `earlier` say
 * the same are its very objects, and so cost nothing: not here, and not where they are compiled. If all do, so is the
 * table.
 */
export function buildTable(policy: Pick<EffectivePolicy, "enforced" | "mode" | "rules">, earlier?: Table): Table {
  if (policy.enforced !== true) return ALL;
  if (policy.mode.value !== "Matched") return policy.mode.value === "All" ? ALL : NONE;
  const known: Entries = (earlier === undefined ? undefined : entriesOf.get(earlier)) ?? new Map<PortKey, Entry>();
  const entries = new Map<PortKey, Entry>();
  for (const [port, from] of collected(policy.rules)) entries.set(port, entry(port, from, known.get(port)));
  const sorted = [...entries].sort(([a], [b]) => comparePortKey(a, b)).map(([, one]) => one);
  const table: Table = {
    mode: "Matched",
    tcp: sameOr(
      earlier?.tcp,
      sorted.flatMap(({ tcp = [] }) => tcp),
    ),
    tlsBlocks: sameOr(
      earlier?.tlsBlocks,
      sorted.flatMap(({ tlsBlocks = [] }) => tlsBlocks),
    ),
    tlsNames: sameOr(
      earlier?.tlsNames,
      sorted.flatMap(({ tlsNames = [] }) => tlsNames),
    ),
    http: sameOr(
      earlier?.http,
      sorted.flatMap(({ http = [] }) => http),
    ),
  };
  if (PARTS.every((part) => table[part].length === 0)) return NONE;
  if (earlier?.mode === "Matched" && PARTS.every((part) => table[part] === earlier[part])) return earlier;
  entriesOf.set(table, entries);
  return table;
}

const PARTS = ["tcp", "tlsBlocks", "tlsNames", "http"] as const;

/** Ascending; {@link ANY_PORT} last. */
export function comparePortKey(a: PortKey, b: PortKey): number {
  return (a === ANY_PORT ? 65_536 : a) - (b === ANY_PORT ? 65_536 : b);
}

function collected(rules: EffectivePolicy["rules"]): ReadonlyMap<PortKey, Collected> {
  const ports = new Map<PortKey, Collected>();
  for (const { value } of rules) {
    const port = value.port ?? ANY_PORT;
    let into = ports.get(port);
    if (into === undefined) {
      into = { tcp: [], tlsBlocks: [], tlsNames: [], httpBlocks: [], httpNames: [] };
      ports.set(port, into);
    }
    collect(into, value);
  }
  return ports;
}

function collect(into: Collected, { match, protocol }: Rule): void {
  if (match.type === "Domain") {
    if (isL7(protocol)) into.httpNames.push({ pattern: match.pattern, level: protocol });
    else if (protocol === "tls") into.tlsNames.push(match.pattern);
    // `tcp` sees no names: validation refuses such a rule, and it admits nothing.
    return;
  }
  const block = match.type === "IP" ? hostCidr(match.ip) : match.block;
  if (isL7(protocol)) into.httpBlocks.push({ block, level: protocol });
  else into[protocol === "tcp" ? "tcp" : "tlsBlocks"].push(block);
}

/** What the rules of one port come to; what is the same in `earlier` is taken from there. */
function entry(port: PortKey, from: Collected, earlier: Entry | undefined): Entry {
  const tcp = same(from.tcp, earlier?.from.tcp, isSameBlock) ? earlier?.tcp : portBlocks(port, from.tcp);
  const tlsBlocks = same(from.tlsBlocks, earlier?.from.tlsBlocks, isSameBlock)
    ? earlier?.tlsBlocks
    : portBlocks(port, from.tlsBlocks);
  const tlsNames = same(from.tlsNames, earlier?.from.tlsNames, isSamePattern)
    ? earlier?.tlsNames
    : portNames(port, from.tlsNames);
  const http = httpRules(port, from, earlier);
  return {
    from,
    ...(tcp !== undefined && { tcp }),
    ...(tlsBlocks !== undefined && { tlsBlocks }),
    ...(tlsNames !== undefined && { tlsNames }),
    ...(http !== undefined && { http }),
  };
}

function portBlocks(port: PortKey, blocks: readonly Cidr[]): PortBlocks | undefined {
  return blocks.length === 0 ? undefined : { port, blocks: mergeBlocks(blocks) };
}

function portNames(port: PortKey, patterns: readonly DomainPattern[]): PortNames | undefined {
  const names = nameSet(patterns);
  return isEmptyNameSet(names) ? undefined : { port, names };
}

function httpRules(port: PortKey, from: Collected, earlier: Entry | undefined): HttpRules | undefined {
  const { httpBlocks, httpNames } = from;
  if (httpBlocks.length === 0 && httpNames.length === 0) return undefined;
  const known = earlier?.http;
  const isNames = same(
    httpNames,
    earlier?.from.httpNames,
    (a, b) => a.level === b.level && isSamePattern(a.pattern, b.pattern),
  );
  const isBlocks = same(
    httpBlocks,
    earlier?.from.httpBlocks,
    (a, b) => a.level === b.level && isSameBlock(a.block, b.block),
  );
  if (known !== undefined && isNames && isBlocks) return known;
  return {
    port,
    names: known !== undefined && isNames ? known.names : namesByLevel(httpNames),
    blocks: known !== undefined && isBlocks ? known.blocks : blocksByLevel(httpBlocks),
  };
}

function same<T>(now: readonly T[], earlier: readonly T[] | undefined, isSame: (a: T, b: T) => boolean): boolean {
  return (
    now.length === earlier?.length &&
    now.every((one, i) => {
      const other = earlier[i];
      return other !== undefined && (one === other || isSame(one, other));
    })
  );
}

/** The earlier list, if it holds the same objects. */
const sameOr = <T>(earlier: readonly T[] | undefined, now: readonly T[]): readonly T[] =>
  earlier !== undefined && earlier.length === now.length && now.every((one, i) => one === earlier[i]) ? earlier : now;

const isSameBlock = (a: Cidr, b: Cidr): boolean => a.base === b.base && a.prefix === b.prefix && a.family === b.family;

function isSamePattern(a: DomainPattern, b: DomainPattern): boolean {
  if (a.kind === "exact") return b.kind === "exact" && a.name === b.name;
  return a.kind === "suffix" ? b.kind === "suffix" && a.rest === b.rest : b.kind === "any";
}
