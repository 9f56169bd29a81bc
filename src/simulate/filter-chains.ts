import type { FilterChain, FilterChainMatch } from "../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Facts } from "./arrival.ts";
import { PrefixMap, prefixOf } from "./prefix-map.ts";
import type { Fault } from "./unpack.ts";

/** The chain that Envoy takes; `unclear` where its own order decides between two, which nothing defines. */
export type ChainChoice = FilterChain | "unclear" | undefined;

/** By application protocol, within transport protocol, within server name. The empty text stands for any. */
type ByName = Map<string, Map<string, Map<string, FilterChain>>>;

interface ByAddress {
  readonly prefixes: PrefixMap<ByName>;
  /** Chains that name no address. */
  anywhere: ByName | undefined;
}

/**
 * Chains by what they match: port, then the longest range of addresses, then server name, then transport, then
 * application protocol. Each step is final: what does not fit further on gets no chain.
 */
export function filterChainsOf(chains: readonly FilterChain[], fault: Fault): (facts: Facts) => ChainChoice {
  const ports = new Map<number, ByAddress>();
  for (const chain of chains) file(chain, ports, fault);
  return (facts) => {
    const addresses = ports.get(facts.port) ?? ports.get(0);
    const nearest = addresses?.prefixes.longest(facts.ip);
    const names = nearest?.value ?? addresses?.anywhere;
    const found = names && byName(names, facts);
    // A range of all addresses and no range at all are one entry with two values: which one counts is chance.
    if (nearest?.length !== 0 || addresses?.anywhere === undefined) return found;
    return byName(addresses.anywhere, facts) === found ? found : "unclear";
  };
}

function file(chain: FilterChain, ports: Map<number, ByAddress>, fault: Fault): void {
  const match = chain.filterChainMatch;
  if (match !== undefined && isUnknown(match)) fault(`unknown match of chain ${chain.name}`);
  const port = match?.destinationPort ?? 0;
  const addresses = made(ports, port, () => ({ prefixes: new PrefixMap<ByName>(), anywhere: undefined }));
  for (const names of namesAt(addresses, match, fault))
    for (const name of orAny(match?.serverNames))
      for (const protocol of orAny(match?.applicationProtocols)) {
        if (name.replace(/^\*\.(?=[^*])/, "").includes("*")) fault(`partial wildcard ${name}`);
        // Envoy keeps `*.x` as `.x`, beside the names.
        const transports = made(names, name.replace(/^\*/, "").toLowerCase(), () => new Map());
        const protocols = made(transports, match?.transportProtocol ?? "", () => new Map());
        const other = protocols.get(protocol);
        if (other !== undefined) fault(`chains ${other.name} and ${chain.name} have the same match`);
        protocols.set(protocol, chain);
      }
}

const orAny = (values: readonly string[] | undefined): readonly string[] =>
  values === undefined || values.length === 0 ? [""] : values;

function isUnknown(match: FilterChainMatch): boolean {
  const { addressSuffix, suffixLen, directSourcePrefixRanges, sourceType, sourcePrefixRanges, sourcePorts } = match;
  const lists = [directSourcePrefixRanges, sourcePrefixRanges, sourcePorts];
  return addressSuffix !== "" || suffixLen !== undefined || sourceType !== 0 || lists.some((list) => list.length > 0);
}

function namesAt(addresses: ByAddress, match: FilterChainMatch | undefined, fault: Fault): ByName[] {
  const ranges = match?.prefixRanges ?? [];
  if (ranges.length === 0) {
    addresses.anywhere ??= new Map();
    return [addresses.anywhere];
  }
  return ranges.flatMap((range) => {
    const prefix = prefixOf(range);
    if (prefix === undefined) return fault(`bad address ${range.addressPrefix}`) ?? [];
    return [addresses.prefixes.entry(prefix, () => new Map())];
  });
}

/** The name itself, then its wildcards from the longest, then chains without a name. */
function byName(
  names: ByName,
  { serverName = "", transport, applicationProtocol = "" }: Facts,
): FilterChain | undefined {
  let transports = names.get(serverName);
  for (
    let dot = serverName.indexOf(".", 1);
    transports === undefined && dot >= 0 && dot < serverName.length - 1;
    dot = serverName.indexOf(".", dot + 1)
  )
    transports = names.get(serverName.slice(dot));
  transports ??= names.get("");
  const protocols = transports?.get(transport) ?? transports?.get("");
  return protocols?.get(applicationProtocol) ?? protocols?.get("");
}

function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
