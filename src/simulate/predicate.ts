import type { CidrRange } from "../gen/envoy/config/core/v3/address_pb.js";
import {
  DestinationIPInputSchema,
  DestinationPortInputSchema,
  ServerNameInputSchema,
  SourceTypeInputSchema,
  TransportProtocolInputSchema,
} from "../gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import { ConsistentHashingSchema } from "../gen/envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing_pb.js";
import { IpSchema } from "../gen/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.js";
import { HttpRequestHeaderMatchInputSchema } from "../gen/envoy/type/matcher/v3/http_inputs_pb.js";
import type { TypedExtensionConfig } from "../gen/xds/core/v3/extension_pb.js";
import type {
  Matcher_MatcherList_Predicate,
  Matcher_MatcherList_Predicate_SinglePredicate,
} from "../gen/xds/type/matcher/v3/matcher_pb.js";
import type { StringMatcher } from "../gen/xds/type/matcher/v3/string_pb.js";
import { formatIp } from "../policy/net/index.ts";
import type { Facts } from "./arrival.ts";
import { PrefixMap, prefixOf } from "./prefix-map.ts";
import { type Fault, typeOf, unpack } from "./unpack.ts";

/** Who reads a matcher, and hears of faults. */
export interface Reader {
  readonly fault: Fault;
  /** Of a request, as they are when matchers look. */
  readonly header: (name: string, facts: Facts) => string | undefined;
}

/** The value of an input; undefined where there is none, which nothing matches. */
export type Input = (facts: Facts) => string | undefined;
type Predicate = (facts: Facts) => boolean;

const NEVER = (): false => false;
const ABSENT = (): undefined => undefined;

const NETWORK_INPUTS: readonly (readonly [typeName: string, input: Input])[] = [
  // Only a connection of the host to itself comes from a local address.
  [SourceTypeInputSchema.typeName, ({ isOwn }) => (isOwn ? "local" : undefined)],
  [DestinationPortInputSchema.typeName, ({ port }) => `${port}`],
  [DestinationIPInputSchema.typeName, ({ ip }) => formatIp(ip)],
  [ServerNameInputSchema.typeName, ({ serverName }) => serverName],
  [TransportProtocolInputSchema.typeName, ({ transport }) => transport],
];

/** An input as a function. */
export function readInput(config: TypedExtensionConfig | undefined, reader: Reader): Input {
  const type = typeOf(config?.typedConfig);
  const network = NETWORK_INPUTS.find(([name]) => name === type);
  if (network !== undefined) return network[1];
  const header = unpack(config?.typedConfig, HttpRequestHeaderMatchInputSchema);
  if (header === undefined) return reader.fault(`unknown input ${type}`) ?? ABSENT;
  return (facts) => reader.header(header.headerName, facts);
}

/** A predicate as a function. */
export function readPredicate(predicate: Matcher_MatcherList_Predicate | undefined, reader: Reader): Predicate {
  const type = predicate?.matchType;
  if (type?.case === "singlePredicate") return readSingle(type.value, reader);
  if (type?.case !== "andMatcher") return reader.fault(`unknown predicate ${type?.case}`) ?? NEVER;
  const parts = type.value.predicate.map((part) => readPredicate(part, reader));
  return (facts) => parts.every((holds) => holds(facts));
}

function readSingle({ input, matcher }: Matcher_MatcherList_Predicate_SinglePredicate, reader: Reader): Predicate {
  const read = readInput(input, reader);
  if (matcher.case === "valueMatch") {
    const { matchPattern } = matcher.value;
    // Unlike in routes, a regular expression in a matcher must name its engine, or all is refused.
    if (matchPattern.case === "safeRegex" && matchPattern.value.engineType.case !== "googleRe2")
      reader.fault("a regular expression without its engine");
    const matches = readString(matchPattern, reader.fault);
    return (facts) => matches(read(facts));
  }
  const any = matcher.case === "customMatch" ? matcher.value.typedConfig : undefined;
  const ranges = unpack(any, IpSchema);
  const hashing = unpack(any, ConsistentHashingSchema);
  if (typeOf(input?.typedConfig) !== DestinationIPInputSchema.typeName || (ranges ?? hashing) === undefined)
    return reader.fault(`unknown matcher ${typeOf(any)} on ${typeOf(input?.typedConfig)}`) ?? NEVER;
  if (ranges !== undefined) return readRanges(ranges.cidrRanges, reader.fault);
  const { threshold = 0, modulo = 1 } = hashing ?? {};
  return ({ ip }) => hashOf(ip.bits) % modulo >= threshold;
}

function readRanges(ranges: readonly CidrRange[], fault: Fault): Predicate {
  const map = new PrefixMap<true>();
  if (ranges.length === 0) fault("a list of ranges without a range");
  for (const range of ranges) {
    const prefix = prefixOf(range);
    if (prefix === undefined) fault(`bad address ${range.addressPrefix}`);
    else map.entry(prefix, () => true);
  }
  return ({ ip }) => map.longest(ip) !== undefined;
}

/** Not Envoy's hash: no verdict may depend on which part of all addresses an address is in. */
function hashOf(bits: bigint): number {
  let hash = 0x811c_9dc5;
  for (let rest = bits; rest > 0n; rest >>= 32n)
    hash = Math.imul(hash ^ Number(rest & 0xffff_ffffn), 0x0100_0193) >>> 0;
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Patterns of matchers and of routes: of two types that say the same. */
type StringPattern = StringMatcher["matchPattern"] | { readonly case: string | undefined; readonly value?: unknown };

/** A pattern of a header. A missing header matches none. */
export function readString(pattern: StringPattern, fault: Fault): (text: string | undefined) => boolean {
  const { case: kind, value } = pattern;
  if (kind === "exact") return (text) => text === value;
  if (kind !== "safeRegex" || typeof value !== "object" || value === null || !("regex" in value))
    return fault(`unknown pattern ${kind}`) ?? NEVER;
  const regex = new RegExp(`^(?:${value.regex})$`, "s"); // Envoy wants the whole text to match
  return (text) => text !== undefined && regex.test(text);
}
