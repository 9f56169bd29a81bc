import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { ActionSchema, RBAC_Action } from "../../gen/envoy/config/rbac/v3/rbac_pb.js";
import { RBACPerRouteSchema } from "../../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import { HttpRequestHeaderMatchInputSchema } from "../../gen/envoy/type/matcher/v3/http_inputs_pb.js";
import {
  type Matcher,
  type Matcher_MatcherList_Predicate,
  Matcher_MatcherList_PredicateSchema,
  type Matcher_OnMatch,
  Matcher_OnMatchSchema,
} from "../../gen/xds/type/matcher/v3/matcher_pb.js";
import { RegexMatcherSchema } from "../../gen/xds/type/matcher/v3/regex_pb.js";
import { type StringMatcher, StringMatcherSchema } from "../../gen/xds/type/matcher/v3/string_pb.js";
import type { Cidr, Port } from "../../policy/net/index.ts";
import { HTTP_LEVELS, type HttpLevel, type HttpView } from "../table/index.ts";
import { any, matcherExtension } from "./extension.ts";
import { always, firstOf, inBlocks } from "./matcher.ts";
import { GRPC_CONTENT_TYPE, HTTP_2 } from "./request-kinds.ts";
import { HEADERS, portHeader } from "./settings.ts";

/** Key of the filter's settings in routes, virtual hosts and tables; also its name in the filter chain. */
export const RBAC_FILTER = "envoy.filters.http.rbac";

/** For a route that admits whatever reaches it. */
export const rbacOff = (): Any => any(RBACPerRouteSchema, {});

/** Blocks that decide on every port, or on one. */
export interface AddressLayer {
  readonly port?: Port;
  readonly blocks: HttpView["blocks"];
}

/** For a table: requests are admitted by their destination address, under what each level asks besides. */
export function rbacByAddress(layers: readonly AddressLayer[]): Any {
  const entries = layers.flatMap(({ port, blocks }) =>
    HTTP_LEVELS.filter((level) => blocks[level].length > 0).map(
      (level) => [admits(level, blocks[level], port), verdict(`address-${level}`, RBAC_Action.ALLOW)] as const,
    ),
  );
  const deny = verdict("none", RBAC_Action.DENY);
  const matcher: Matcher = entries.length === 0 ? always(deny) : firstOf(entries, deny);
  return any(RBACPerRouteSchema, { rbac: { matcher } });
}

function verdict(name: string, action: RBAC_Action): Matcher_OnMatch {
  const value = matcherExtension("action", ActionSchema, { name, action });
  return create(Matcher_OnMatchSchema, { onMatch: { case: "action", value } });
}

function admits(level: HttpLevel, blocks: readonly Cidr[], port: Port | undefined): Matcher_MatcherList_Predicate {
  const conditions = [...(port === undefined ? [] : [toPort(port)]), ...asksOf(level)];
  const address = inBlocks(blocks);
  if (conditions.length === 0) return address;
  return create(Matcher_MatcherList_PredicateSchema, {
    matchType: { case: "andMatcher", value: { predicate: [...conditions, address] } },
  });
}

const toPort = (port: Port): Matcher_MatcherList_Predicate =>
  header(HEADERS.port, { case: "exact", value: portHeader(port) });

function asksOf(level: HttpLevel): Matcher_MatcherList_Predicate[] {
  if (level === "http") return [];
  const http2 = header(HEADERS.protocol, { case: "exact", value: HTTP_2 });
  // Unlike in routes, a regular expression in a matcher must name its engine, or the whole table is rejected.
  const regex = create(RegexMatcherSchema, { engineType: { case: "googleRe2", value: {} }, regex: GRPC_CONTENT_TYPE });
  return level === "http2" ? [http2] : [http2, header("content-type", { case: "safeRegex", value: regex })];
}

function header(headerName: string, matchPattern: StringMatcher["matchPattern"]): Matcher_MatcherList_Predicate {
  return create(Matcher_MatcherList_PredicateSchema, {
    matchType: {
      case: "singlePredicate",
      value: {
        input: matcherExtension("header", HttpRequestHeaderMatchInputSchema, { headerName }),
        matcher: { case: "valueMatch", value: create(StringMatcherSchema, { matchPattern }) },
      },
    },
  });
}
