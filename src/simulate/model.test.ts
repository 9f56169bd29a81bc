import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, anyPack, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { connection } from "../../test/laws/builders.ts";
import { Cluster_DiscoveryType, ClusterSchema } from "../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { FilterChainMatchSchema } from "../gen/envoy/config/listener/v3/listener_components_pb.js";
import { ListenerSchema } from "../gen/envoy/config/listener/v3/listener_pb.js";
import { HttpInspectorSchema } from "../gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.js";
import { TlsInspectorSchema } from "../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import { TcpProxySchema } from "../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import {
  DestinationIPInputSchema,
  DestinationPortInputSchema,
  ServerNameInputSchema,
} from "../gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import { IpSchema } from "../gen/envoy/extensions/matching/input_matchers/ip/v3/ip_pb.js";
import { ServerNameMatcherSchema } from "../gen/xds/type/matcher/v3/domain_pb.js";
import type { MatcherSchema } from "../gen/xds/type/matcher/v3/matcher_pb.js";
import { type Answer, type EnvoyModel, modelOf } from "./index.ts";

type MatcherInit = MessageInitShape<typeof MatcherSchema>;
type OnMatchInit = NonNullable<MatcherInit["onNoMatch"]>;
type MatchInit = MessageInitShape<typeof FilterChainMatchSchema>;

const inspector = (name: string, value: Any) => ({ name, configType: { case: "typedConfig", value } }) as const;
const INSPECTORS = [
  inspector("tls", anyPack(TlsInspectorSchema, create(TlsInspectorSchema))),
  inspector("http", anyPack(HttpInspectorSchema, create(HttpInspectorSchema))),
];

/** A chain that lets everything out. */
function chain(name: string, filterChainMatch?: MatchInit) {
  const proxy = create(TcpProxySchema, { statPrefix: "x", clusterSpecifier: { case: "cluster", value: "out" } });
  const filter = { name: "tcp", configType: { case: "typedConfig", value: anyPack(TcpProxySchema, proxy) } } as const;
  return { name, filters: [filter], ...(filterChainMatch === undefined ? {} : { filterChainMatch }) };
}

function model(init: MessageInitShape<typeof ListenerSchema>): EnvoyModel {
  const listener = create(ListenerSchema, { name: "l", listenerFilters: INSPECTORS, ...init });
  const out = create(ClusterSchema, {
    name: "out",
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.ORIGINAL_DST },
  });
  return modelOf({ listeners: [listener], routes: [], clusters: [out] });
}

const faultsOf = (init: MessageInitShape<typeof ListenerSchema>): readonly string[] => model(init).faults;

/** What chains with these matches do with a connection. */
const answer = (text: string, ...matches: readonly MatchInit[]): Answer | undefined =>
  model({ filterChains: matches.map((match, i) => chain(`c${i}`, match)) }).answer("l", {
    connection: connection(text),
  });

describe("matches of filter chains", () => {
  const tls = { transportProtocol: "tls" };
  const plain = { transportProtocol: "raw_buffer" };
  const block = (addressPrefix: string, prefixLen: number) => ({ prefixRanges: [{ addressPrefix, prefixLen }] });

  test.each<[what: string, text: string, matches: MatchInit[], answer: Answer]>([
    [
      "a port that is named hides chains without one",
      "tls://a.test:443",
      [{ destinationPort: 443, ...plain }, tls],
      "closed",
    ],
    [
      "a port that nobody names goes to chains without one",
      "tls://a.test:444",
      [{ destinationPort: 443, ...plain }, tls],
      "admitted",
    ],
    [
      "the longest range hides wider ones",
      "tls://a.test@10.0.0.1",
      [block("10.0.0.0", 24), { ...block("10.0.0.1", 32), ...plain }],
      "closed",
    ],
    [
      "a range hides chains for names",
      "tls://a.test@10.0.0.1",
      [{ ...block("10.0.0.0", 8), ...plain }, { serverNames: ["a.test"] }],
      "closed",
    ],
    [
      "an exact name hides its wildcards",
      "tls://w.a.test",
      [{ serverNames: ["w.a.test"], ...plain }, { serverNames: ["*.a.test"] }],
      "closed",
    ],
    ["a name hides chains without one", "tls://a.test", [{ serverNames: ["a.test"], ...plain }, tls], "closed"],
    ["wildcards take any depth", "tls://v.w.a.test", [{ serverNames: ["*.a.test"] }], "admitted"],
    ["wildcards do not take the name itself", "tls://a.test", [{ serverNames: ["*.a.test"] }], "closed"],
    ["wildcards take an empty first label", 'tls://".a.test"', [{ serverNames: ["*.a.test"] }], "admitted"],
    ["names have no case", "tls://a.test", [{ serverNames: ["A.Test"] }], "admitted"],
    ["no name is no wildcard", "tls://:443", [{ serverNames: ["*.a.test"] }], "closed"],
    ["HTTP/1.1 is told apart", "http://a.test", [{ applicationProtocols: ["http/1.1"] }], "admitted"],
    ["HTTP/1.0 too", "http10://a.test", [{ applicationProtocols: ["http/1.1", "h2c"] }], "closed"],
    ["an application protocol falls back to none", "http10://a.test", [plain], "admitted"],
    ["a range is that of its length", "opaque://10.0.1.0:1", [block("10.0.0.0", 24)], "closed"],
    [
      "a range without length holds all of its family",
      "opaque://192.0.2.1:1",
      [{ prefixRanges: [{ addressPrefix: "10.0.0.0" }] }],
      "admitted",
    ],
    ["a v4-mapped range holds no IPv4 address", "opaque://10.0.0.1:1", [block("::ffff:10.0.0.0", 104)], "closed"],
    [
      "all addresses beside no range is undefined",
      "tls://a.test",
      [{ ...block("0.0.0.0", 0), ...tls }, { serverNames: ["a.test"] }],
      "unclear",
    ],
  ])("%s", (_, text, matches, wanted) => expect(answer(text, ...matches)).toBe(wanted));

  test.each<[fault: string, matches: MatchInit[]]>([
    ["have the same match", [tls, tls]],
    ["have the same match", [block("10.0.0.1", 8), block("10.2.0.0", 8)]],
    ["have the same match", [{ serverNames: ["a.test"] }, { serverNames: ["A.test"] }]],
    ["partial wildcard", [{ serverNames: ["*a.test"] }]],
    ["partial wildcard", [{ serverNames: ["*.*.test"] }]],
    ["bad address", [block("10.0.0", 8)]],
    ["unknown match", [{ sourcePorts: [1] }]],
  ])("a fault: %s, %j", (fault, matches) => {
    const [found, ...more] = faultsOf({ filterChains: matches.map((match, i) => chain(`c${i}`, match)) });
    expect([found, more]).toEqual([expect.stringContaining(fault), []]);
  });
});

describe("matchers", () => {
  const port = { name: "port", typedConfig: anyPack(DestinationPortInputSchema, create(DestinationPortInputSchema)) };
  const address = { name: "ip", typedConfig: anyPack(DestinationIPInputSchema, create(DestinationIPInputSchema)) };
  const sni = { name: "sni", typedConfig: anyPack(ServerNameInputSchema, create(ServerNameInputSchema)) };
  const to = (name: string): OnMatchInit => {
    const typedConfig = anyPack(StringValueSchema, create(StringValueSchema, { value: name }));
    return { onMatch: { case: "action", value: { name: "chain", typedConfig } } };
  };
  const into = (matcher: MatcherInit): OnMatchInit => ({ onMatch: { case: "matcher", value: matcher } });
  const byPort = (map: Record<string, OnMatchInit>, onNoMatch?: OnMatchInit): MatcherInit => ({
    ...(onNoMatch === undefined ? {} : { onNoMatch }),
    matcherType: { case: "matcherTree", value: { input: port, treeType: { case: "exactMatchMap", value: { map } } } },
  });
  const listener = (filterChainMatcher: MatcherInit) => ({ filterChains: [chain("c")], filterChainMatcher });
  const answered = (text: string, matcher: MatcherInit): Answer | undefined =>
    model(listener(matcher)).answer("l", { connection: connection(text) });

  test("a branch that ends in nothing falls back to what comes after it", () => {
    const inner = byPort({ 80: to("c") });
    const matcher = byPort({ 443: into(inner) }, to("c"));
    expect(answered("tls://a.test:443", matcher)).toBe("admitted");
    expect(answered("tls://a.test:443", byPort({ 443: into(inner) }))).toBe("closed");
  });

  test("names: the exact one, then wildcards from the longest, and a missing one meets none", () => {
    const names = (domains: string[]): MatcherInit => {
      const typedConfig = anyPack(
        ServerNameMatcherSchema,
        create(ServerNameMatcherSchema, { domainMatchers: [{ domains, onMatch: to("c") }] }),
      );
      const value = { name: "names", typedConfig };
      return { matcherType: { case: "matcherTree", value: { input: sni, treeType: { case: "customMatch", value } } } };
    };
    expect(answered("tls://w.a.test", names(["*.test"]))).toBe("admitted");
    expect(answered("tls://test", names(["*.test"]))).toBe("closed");
    expect(answered("tls://:443", names(["*"]))).toBe("closed");
    expect(faultsOf(listener(names(["a.test", "a.test"])))).toEqual([expect.stringContaining("duplicate domain")]);
    expect(faultsOf(listener(names(["*.*.test"])))).toEqual([expect.stringContaining("bad domain")]);
  });

  test("a range without length holds every address", () => {
    const ranges = anyPack(
      IpSchema,
      create(IpSchema, { statPrefix: "x", cidrRanges: [{ addressPrefix: "10.0.0.0" }] }),
    );
    const predicate = {
      matchType: {
        case: "singlePredicate",
        value: { input: address, matcher: { case: "customMatch", value: { name: "ip", typedConfig: ranges } } },
      },
    } as const;
    const list: MatcherInit = {
      matcherType: { case: "matcherList", value: { matchers: [{ predicate, onMatch: to("c") }] } },
    };
    expect(answered("opaque://192.0.2.1:1", list)).toBe("admitted");
  });

  const times = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  const nested = (depth: number): MatcherInit =>
    times(depth - 1).reduce((m) => byPort({ 1: into(m) }), byPort({ 1: to("c") }));
  const layers = (depth: number): MatcherInit =>
    times(depth - 1).reduce((m) => byPort({ 2: to("c") }, into(m)), byPort({ 1: to("c") }));

  test("as deep as Envoy takes it, and not deeper", () => {
    for (const [shape, most] of [
      [nested, 18],
      [layers, 45],
    ] as const) {
      expect(faultsOf(listener(shape(most)))).toEqual([]);
      expect(faultsOf(listener(shape(most + 1)))).toEqual([expect.stringContaining("too deep")]);
    }
  });

  test.each<[fault: string, matcher: MatcherInit]>([
    ["crashes", { onNoMatch: { ...to("c"), keepMatching: true } }],
    ["no chain d", { onNoMatch: to("d") }],
    ["without entries", byPort({})],
  ])("a fault: %s", (fault, matcher) => expect(faultsOf(listener(matcher))).toEqual([expect.stringContaining(fault)]));
});

test("who waits for a client that waits too: a listener that inspects, unless it goes on after the time-out", () => {
  const silent = { connection: connection("opaque://10.0.0.1:1"), isSilent: true } as const;
  const filterChains = [chain("c")];
  expect(model({ filterChains }).answer("l", silent)).toBe("closed");
  expect(model({ filterChains, continueOnListenerFiltersTimeout: true }).answer("l", silent)).toBe("admitted");
  expect(model({ filterChains, listenerFilters: [] }).answer("l", silent)).toBe("admitted");
});

test("a chain to a cluster that does not exist closes, and a listener that does not exist has no answer", () => {
  const { answer: ask } = modelOf({
    listeners: [create(ListenerSchema, { name: "l", filterChains: [chain("c")] })],
    routes: [],
    clusters: [],
  });
  expect(ask("l", { connection: connection("opaque://10.0.0.1:1") })).toBe("closed");
  expect(ask("m", { connection: connection("opaque://10.0.0.1:1") })).toBeUndefined();
  expect(faultsOf({ filterChains: [] })).toEqual([expect.stringContaining("no filter chain")]);
});
