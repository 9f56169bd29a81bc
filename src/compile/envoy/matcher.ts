import { create } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { CidrRangeSchema } from "../../gen/envoy/config/core/v3/address_pb.js";
import {
  DestinationIPInputSchema,
  DestinationPortInputSchema,
  ServerNameInputSchema,
  SourceTypeInputSchema,
  TransportProtocolInputSchema,
} from "../../gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import { ConsistentHashingSchema } from "../../gen/envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing_pb.js";
import { IpSchema } from "../../gen/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.js";
import type { TypedExtensionConfig } from "../../gen/xds/core/v3/extension_pb.js";
import { ServerNameMatcherSchema } from "../../gen/xds/type/matcher/v3/domain_pb.js";
import {
  type Matcher,
  type Matcher_MatcherList_FieldMatcher,
  Matcher_MatcherList_FieldMatcherSchema,
  type Matcher_MatcherList_Predicate,
  Matcher_MatcherList_PredicateSchema,
  type Matcher_OnMatch,
  Matcher_OnMatchSchema,
  MatcherSchema,
} from "../../gen/xds/type/matcher/v3/matcher_pb.js";
import { type Cidr, formatIp } from "../../policy/net/index.ts";
import { compareText, joinHalves, type NameSet } from "../table/index.ts";
import { matcherExtension } from "./extension.ts";

/** Facts of a connection that a matcher may look at. */
const INPUTS = {
  sourceType: SourceTypeInputSchema,
  transport: TransportProtocolInputSchema,
  port: DestinationPortInputSchema,
  ip: DestinationIPInputSchema,
  serverName: ServerNameInputSchema,
} as const;

export const input = (fact: keyof typeof INPUTS): TypedExtensionConfig => matcherExtension(fact, INPUTS[fact], {});

/** Ends in a filter chain. */
export function toChain(name: string): Matcher_OnMatch {
  const action = matcherExtension("chain", StringValueSchema, { value: name });
  return create(Matcher_OnMatchSchema, { onMatch: { case: "action", value: action } });
}

/** Goes on in another matcher. */
export function toMatcher(matcher: Matcher): Matcher_OnMatch {
  return create(Matcher_OnMatchSchema, { onMatch: { case: "matcher", value: matcher } });
}

/** The value of a fact, literally. The entries come in a fixed order, so that equal maps are equal bytes. */
export function byValue(fact: keyof typeof INPUTS, entries: readonly (readonly [string, Matcher_OnMatch])[]): Matcher {
  const map = Object.fromEntries(entries);
  return create(MatcherSchema, {
    matcherType: {
      case: "matcherTree",
      value: { input: input(fact), treeType: { case: "exactMatchMap", value: { map } } },
    },
  });
}

/** Already made, by the lists that they are made from: encoded once, however often those are compiled. */
const knownBlocks = new WeakMap<readonly Cidr[], Matcher_MatcherList_Predicate>();
const knownNames = new WeakMap<NameSet, { readonly onMatch: Matcher_OnMatch; readonly matcher: Matcher }>();

/** The destination lies in one of the blocks. Every range says its length: without one it would hold every address. */
export function inBlocks(blocks: readonly Cidr[]): Matcher_MatcherList_Predicate {
  const made = knownBlocks.get(blocks) ?? blockMatcher(blocks);
  knownBlocks.set(blocks, made);
  return made;
}

function blockMatcher(blocks: readonly Cidr[]): Matcher_MatcherList_Predicate {
  const cidrRanges = joinHalves(blocks).map(({ family, base, prefix }) =>
    create(CidrRangeSchema, { addressPrefix: formatIp({ family, bits: base }), prefixLen: prefix }),
  );
  return custom("ip", matcherExtension("ip", IpSchema, { cidrRanges, statPrefix: "mp" }));
}

/** A custom matcher on one fact. */
function custom(fact: keyof typeof INPUTS, value: TypedExtensionConfig): Matcher_MatcherList_Predicate {
  return create(Matcher_MatcherList_PredicateSchema, {
    matchType: { case: "singlePredicate", value: { input: input(fact), matcher: { case: "customMatch", value } } },
  });
}

/** The first predicate that holds decides. */
export function firstOf(
  entries: readonly (readonly [Matcher_MatcherList_Predicate, Matcher_OnMatch])[],
  otherwise?: Matcher_OnMatch,
): Matcher {
  const matchers: Matcher_MatcherList_FieldMatcher[] = entries.map(([predicate, onMatch]) =>
    create(Matcher_MatcherList_FieldMatcherSchema, { predicate, onMatch }),
  );
  return create(MatcherSchema, {
    matcherType: { case: "matcherList", value: { matchers } },
    ...(otherwise === undefined ? {} : { onNoMatch: otherwise }),
  });
}

/** Whatever it is: a matcher that only says what happens when nothing matches. */
export const always = (onNoMatch: Matcher_OnMatch): Matcher => create(MatcherSchema, { onNoMatch });

/**
 * The server name is in the set. `*` also takes a connection that sends none, which no name matcher does.
 * A name stands in one entry of one matcher only: Envoy refuses it twice.
 */
export function byServerName(names: NameSet, onMatch: Matcher_OnMatch): Matcher {
  if (names.any) return always(onMatch);
  const known = knownNames.get(names);
  const matcher = known?.onMatch === onMatch ? known.matcher : nameMatcher(names, onMatch);
  knownNames.set(names, { onMatch, matcher });
  return matcher;
}

function nameMatcher(names: NameSet, onMatch: Matcher_OnMatch): Matcher {
  const domains = [...names.exact, ...names.suffix.map((rest) => `*.${rest}`)].sort(compareText);
  const value = matcherExtension("server-name", ServerNameMatcherSchema, { domainMatchers: [{ domains, onMatch }] });
  return create(MatcherSchema, {
    matcherType: {
      case: "matcherTree",
      value: { input: input("serverName"), treeType: { case: "customMatch", value } },
    },
  });
}

/** One of `modulo` parts of all addresses: takes those whose hash is at least `threshold`. */
export function hashedTo(threshold: number, modulo: number): Matcher_MatcherList_Predicate {
  return custom("ip", matcherExtension("hash", ConsistentHashingSchema, { threshold, modulo }));
}

/** Each matcher is asked where the one before it found nothing. Undefined for an empty list. */
export function layered(layers: readonly Matcher[]): Matcher | undefined {
  let rest: Matcher | undefined;
  for (const layer of [...layers].reverse()) rest = rest === undefined ? layer : elseGoTo(layer, toMatcher(rest));
  return rest;
}

/** The matcher, and what happens where it finds nothing. */
export const elseGoTo = ({ matcherType }: Matcher, onNoMatch: Matcher_OnMatch): Matcher =>
  create(MatcherSchema, { matcherType, onNoMatch });
