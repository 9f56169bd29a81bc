import type { TypedExtensionConfig } from "../gen/xds/core/v3/extension_pb.js";
import { ServerNameMatcherSchema } from "../gen/xds/type/matcher/v3/domain_pb.js";
import type { Matcher, Matcher_MatcherTree, Matcher_OnMatch } from "../gen/xds/type/matcher/v3/matcher_pb.js";
import type { Facts } from "./arrival.ts";
import { type Reader, readInput, readPredicate } from "./predicate.ts";
import { typeOf, unpack } from "./unpack.ts";

/** What a matcher chooses; undefined where nothing in it matches. */
export type Choice<T> = (facts: Facts) => T | undefined;

/** How the actions of a matcher are read, besides its inputs. */
export interface ActionReader<T> extends Reader {
  readonly action: (config: TypedExtensionConfig) => T | undefined;
}

/**
 * Objects and lists of JSON inside one another, from a listener's matcher: 18 maps, 18 lists or 45 `on_no_match` are taken,
 * with one more Envoy refuses the whole response. In binary form it takes a little more.
 */
const MAX_DEPTH = 90;
const DEEPER = { map: 5, list: 5, noMatch: 2 } as const;

/** A matcher as a function. A branch that ends in nothing falls back to what comes after it. */
export function choiceOf<T>(matcher: Matcher, reader: ActionReader<T>, depth = 1): Choice<T> {
  if (depth > MAX_DEPTH) return nothing(reader.fault("matchers are nested too deep"));
  const own = ownChoice(matcher, reader, depth);
  const otherwise = onMatch(matcher.onNoMatch, reader, depth + DEEPER.noMatch);
  return (facts) => own(facts) ?? otherwise(facts);
}

const nothing = (_: undefined) => (): undefined => undefined;

function onMatch<T>(target: Matcher_OnMatch | undefined, reader: ActionReader<T>, depth: number): Choice<T> {
  if (target === undefined) return nothing(undefined);
  if (target.keepMatching) return nothing(reader.fault("`keep_matching` crashes Envoy"));
  const { case: kind, value } = target.onMatch;
  if (kind === "matcher") return choiceOf(value, reader, depth);
  const action = kind === "action" ? reader.action(value) : undefined;
  return () => action;
}

function ownChoice<T>(
  { matcherType: { case: kind, value } }: Matcher,
  reader: ActionReader<T>,
  depth: number,
): Choice<T> {
  if (kind === "matcherTree") return treeChoice(value, reader, depth + DEEPER.map);
  if (kind === undefined) return nothing(undefined); // only says what happens otherwise
  if (value.matchers.length === 0) return nothing(reader.fault("a list without matchers"));
  const entries = value.matchers.map((entry) => ({
    holds: readPredicate(entry.predicate, reader),
    choice: onMatch(entry.onMatch, reader, depth + DEEPER.list),
  }));
  return (facts) => {
    for (const { holds, choice } of entries) {
      const found = holds(facts) ? choice(facts) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function treeChoice<T>({ input, treeType }: Matcher_MatcherTree, reader: ActionReader<T>, depth: number): Choice<T> {
  const read = readInput(input, reader);
  const { case: kind, value } = treeType;
  if (kind === "exactMatchMap") {
    const map = new Map(Object.entries(value.map).map(([key, target]) => [key, onMatch(target, reader, depth)]));
    if (map.size === 0) return nothing(reader.fault("a map without entries"));
    return (facts) => {
      const value = read(facts);
      return value === undefined ? undefined : map.get(value)?.(facts);
    };
  }
  if (kind !== "customMatch") return nothing(reader.fault(`unknown tree ${kind}`));
  const names = unpack(value.typedConfig, ServerNameMatcherSchema);
  if (names === undefined) return nothing(reader.fault(`unknown tree ${typeOf(value.typedConfig)}`));
  const map = new Map<string, Choice<T>>();
  for (const entry of names.domainMatchers) {
    const choice = onMatch(entry.onMatch, reader, depth);
    for (const domain of entry.domains) {
      if (map.has(domain)) reader.fault(`duplicate domain ${domain} in a matcher of server names`);
      if (domain === "" || /[*]/.test(domain.replace(/^\*(?:\.(?=.)|$)/, ""))) reader.fault(`bad domain ${domain}`);
      map.set(domain, choice);
    }
  }
  return (facts) => byServerName(map, read(facts), facts);
}

/** The name itself, then its wildcards from the longest, then `*`; the first that leads anywhere. No name: none of them. */
function byServerName<T>(map: ReadonlyMap<string, Choice<T>>, name: string | undefined, facts: Facts): T | undefined {
  if (name === undefined) return undefined;
  let found = map.get(name)?.(facts);
  for (let dot = name.indexOf("."); found === undefined && dot >= 0; dot = name.indexOf(".", dot + 1))
    found = map.get(`*${name.slice(dot)}`)?.(facts);
  return found ?? map.get("*")?.(facts);
}
