import { type EffectivePolicy, isL7, type Rule } from "../policy/model/index.ts";
import { type Cidr, formatCidr, type Port } from "../policy/net/index.ts";
import {
  type AddressSet,
  ALL_ADDRESSES,
  ALL_NAMED,
  addressSet,
  allNames,
  differenceOf,
  EMPTY,
  EVERYTHING,
  isNoName,
  mapTraffic,
  type NameSet,
  NO_NAMES,
  nameSet,
  type Rectangle,
  type Space,
  type Traffic,
} from "../policy/space/index.ts";
import { DIFFERENCES } from "./differences.ts";
import { blockOf } from "./kuma-verdict.ts";

const ALL = new Set(DIFFERENCES);

/**
 * Every connection that Kuma's Envoy lets through, for what sets of connections can say: hosts as verdicts see them, HTTP
 * of version 1.1 and 2, and clients that speak first. `policy` is merged as Kuma does it.
 */
export function kumaSpace(policy: EffectivePolicy): Space {
  if (policy.enforced !== true || policy.mode.value === "All") return EVERYTHING;
  if (policy.mode.value === "None") return EMPTY;
  const rules = policy.rules.map(({ value }) => value);
  const named = new Set(rules.flatMap(({ port }) => port ?? []));
  const onPort = (port: Port | undefined) => rules.filter((rule) => rule.port === undefined || rule.port === port);
  const blocks = new Map<Port | undefined, Blocks>();
  for (const port of [...named, undefined]) blocks.set(port, blocksOf(onPort(port)));
  return mapTraffic((traffic) => {
    const region = (port: Port | undefined) => regionOf(traffic, onPort(port), blocks.get(port) ?? []);
    return { byPort: new Map([...named].map((port) => [port, region(port)])), rest: region(undefined) };
  });
}

/** Blocks of one port with the rules of each, the widest first. */
type Blocks = readonly { readonly addresses: AddressSet; readonly prefix: number; readonly rules: readonly Rule[] }[];

function blocksOf(rules: readonly Rule[]): Blocks {
  const found = new Map<string, { readonly block: Cidr; readonly rules: Rule[] }>();
  for (const rule of rules) {
    const block = blockOf(rule, ALL);
    if (block === undefined) continue;
    const key = formatCidr(block);
    const entry = found.get(key) ?? { block, rules: [] };
    entry.rules.push(rule);
    found.set(key, entry);
  }
  return [...found.values()]
    .map(({ block, rules }) => ({ addresses: addressSet([block]), prefix: block.prefix, rules }))
    .sort((a, b) => a.prefix - b.prefix);
}

/** At most two parts: addresses of blocks, each as its longest block says, and names at all other addresses. */
function regionOf(traffic: Traffic, rules: readonly Rule[], blocks: Blocks): readonly Rectangle[] {
  let admitted: AddressSet = [];
  let others = ALL_ADDRESSES;
  for (const block of blocks) {
    const isAdmitted = block.rules.some((rule) => admitsTraffic(rule, traffic));
    admitted = isAdmitted ? unionOf(admitted, block.addresses) : differenceOf(admitted, block.addresses);
    others = differenceOf(others, block.addresses);
  }
  const names = namesOf(traffic, rules);
  const out: Rectangle[] = [];
  if (admitted.length > 0) out.push({ addresses: admitted, names: allNames(traffic) });
  if (others.length > 0 && !isNoName(names)) out.push({ addresses: others, names });
  return out;
}

/** Two complements: only the difference is at hand. */
const unionOf = (a: AddressSet, b: AddressSet): AddressSet =>
  differenceOf(ALL_ADDRESSES, differenceOf(differenceOf(ALL_ADDRESSES, a), b));

/** D6, D17: what the protocol of a rule lets through. */
function admitsTraffic({ protocol }: Rule, traffic: Traffic): boolean {
  if (protocol === "tls") return traffic === "tls";
  if (protocol === "tcp") return traffic !== "tls";
  return traffic === "http1" || traffic === "http2" || traffic === "grpc";
}

/** D14: a value with a trailing dot admits no name that a client sends. */
function namesOf(traffic: Traffic, rules: readonly Rule[]): NameSet {
  if (traffic === "opaque") return NO_NAMES;
  const patterns = rules.flatMap(({ match, protocol, written }) =>
    match.type === "Domain" && isL7(protocol) === (traffic !== "tls") && !written.value.endsWith(".")
      ? [match.pattern]
      : [],
  );
  if (!patterns.some(({ kind }) => kind === "any")) return nameSet(patterns);
  return traffic === "tls" ? allNames("tls") : ALL_NAMED;
}
