/**
 * What must never be sent to Envoy, looked for in the output for random policies. Some of it crashes Envoy, some is
 * refused with everything else, some silently admits everything.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { matched } from "../../../test/laws/builders.ts";
import { enough } from "../../../test/laws/enough.ts";
import type { EffectivePolicy } from "../../policy/model/index.ts";
import { parseIp } from "../../policy/net/index.ts";
import { buildTable } from "../table/index.ts";
import { compileEnvoy, NAMES, toCanonicalJson } from "./index.ts";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
interface Node {
  readonly path: string;
  readonly key: string;
  readonly value: Json;
}

const RICH = matched(
  "Domain * tls 443",
  "Domain a.test tls 443",
  "Domain *.a.test tls",
  "CIDR 10.0.0.0/8 tls 443",
  "CIDR 0.0.0.0/0 tcp 9000",
  "CIDR ::/0 tcp",
  "Domain * http 80",
  "Domain a.test grpc 80",
  "Domain *.a.test http2",
  "IP 10.0.0.1 grpc 80",
  "CIDR 10.0.0.0/8 http2",
);

const policies = fc.oneof({ weight: 9, arbitrary: effectivePolicy }, fc.constant(RICH));

/** The law holds for every policy, and says something: `seen` counts what it looked at. */
function never(title: string, faults: (nodes: readonly Node[]) => { seen: number; found: readonly unknown[] }): void {
  test(`law: never emitted: ${title}`, () => {
    let looked = 0;
    fc.assert(
      fc.property(policies, (policy) => {
        const { seen, found } = faults(nodesOf(policy));
        looked += seen;
        expect(found).toEqual([]);
      }),
      { numRuns: 40 },
    );
    expect(looked).toBeGreaterThan(enough(0));
  });
}

const BANNED_FIELDS = [
  "keepMatching", // crashes 1.40 on the first connection that gets there
  "clusterSpecifierPlugin", // with a network input: crashes
  "inlineClusterSpecifierPlugin",
  "defaultFilterChain", // would take what no rule admits
  "stripTrailingHostDot", // changes the request
  "stripAnyHostPort",
  "stripMatchingHostPort",
  "path", // of a log file elsewhere: where Envoy's user may not open it the whole listener would be refused
  "prefixMatchMap",
];
never("fields that crash, open or change", (nodes) => ({
  seen: nodes.length,
  found: nodes.filter(({ key, value }) => BANNED_FIELDS.includes(key) && value !== false && value !== NAMES.logFile),
}));

/**
 * All that is emitted. Not among them, and not to be added: http_inspector holds up what does not look like HTTP,
 * IPMatcher writes a line of log for every range, network RBAC cannot choose.
 */
const KNOWN_TYPES = [
  "envoy.config.rbac.v3.Action",
  "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
  "envoy.extensions.access_loggers.file.v3.FileAccessLog",
  "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
  "envoy.extensions.filters.http.rbac.v3.RBAC",
  "envoy.extensions.filters.http.rbac.v3.RBACPerRoute",
  "envoy.extensions.filters.http.router.v3.Router",
  "envoy.extensions.filters.listener.original_dst.v3.OriginalDst",
  "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
  "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
  "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
  "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig",
  "envoy.extensions.matching.common_inputs.network.v3.DestinationIPInput",
  "envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput",
  "envoy.extensions.matching.common_inputs.network.v3.ServerNameInput",
  "envoy.extensions.matching.common_inputs.network.v3.SourceTypeInput",
  "envoy.extensions.matching.common_inputs.network.v3.TransportProtocolInput",
  "envoy.extensions.matching.input_matchers.consistent_hashing.v3.ConsistentHashing",
  "envoy.extensions.matching.input_matchers.ip.v3.Ip",
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
  "envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
  "google.protobuf.StringValue",
  "xds.type.matcher.v3.ServerNameMatcher",
];
never("an extension that was not proved", (nodes) => {
  const types = nodes
    .filter(({ key }) => key === "@type")
    .map(({ value }) => String(value).replace("type.googleapis.com/", ""));
  return { seen: types.length, found: types.filter((type) => !KNOWN_TYPES.includes(type)) };
});

never("a range without length, or of a v4-mapped address: it would hold every address, or none", (nodes) => {
  const ranges = nodes
    .filter(({ key }) => key === "cidrRanges")
    .map(({ value }) => value as { addressPrefix?: string; prefixLen?: number }[]);
  const bad = (range: { addressPrefix?: string; prefixLen?: number }) => {
    const ip = parseIp(range.addressPrefix ?? "");
    return (
      typeof range.prefixLen !== "number" ||
      !ip.ok ||
      (ip.value.family === 4) !== (range.addressPrefix ?? "").includes(".")
    );
  };
  return { seen: ranges.length, found: ranges.filter((list) => list.some(bad)) };
});

never("a name twice, in capitals or odd, in one matcher of server names", (nodes) => {
  const matchers = nodes.filter(({ value }) => isObject(value) && Array.isArray(value.domainMatchers));
  const found = matchers.filter(({ value }) => {
    const domains = (value as { domainMatchers: { domains: string[] }[] }).domainMatchers.flatMap(
      ({ domains }) => domains,
    );
    return (
      domains.length === 0 ||
      new Set(domains).size < domains.length ||
      domains.some((d) => !/^(?:\*\.)?[a-z0-9_][a-z0-9_.-]*[a-z0-9_-]$|^[a-z0-9_]$/.test(d) || d.includes(".."))
    );
  });
  return { seen: matchers.length, found };
});

never("a host twice in one route table", (nodes) => {
  const tables = nodes
    .filter(({ key }) => key === "virtualHosts")
    .map(({ value }) => value as { domains: string[]; matcher?: Json }[]);
  const found = tables.filter((hosts) => {
    const domains = hosts.flatMap((host) => host.domains);
    return (
      new Set(domains).size < domains.length ||
      hosts.some((host) => host.domains.length === 0 || host.matcher !== undefined)
    );
  });
  return { seen: tables.length, found };
});

never("a chain that does not exist, or a listener without chains", (nodes) => {
  const listeners = nodes.filter(({ path }) => /^listeners\.\d+$/.test(path));
  const found = listeners.flatMap(({ path, value }) => {
    const chains = (value as { filterChains: { name: string }[] }).filterChains.map(({ name }) => name);
    const wanted = walk(value, path).flatMap(({ value }) =>
      isObject(value) && String(value["@type"]).endsWith("protobuf.StringValue") ? [String(value.value)] : [],
    );
    return [
      ...wanted.filter((name) => !chains.includes(name)),
      ...(chains.length === 0 || new Set(chains).size < chains.length ? [path] : []),
    ];
  });
  return { seen: listeners.length, found };
});

never("an HTTP chain whose routes are not sent, or routes without chain", (nodes) => {
  const wanted = new Set(nodes.filter(({ key }) => key === "routeConfigName").map(({ value }) => value));
  const sent = new Set(
    nodes.filter(({ path, key }) => /^routes\.\d+\.name$/.test(path) && key === "name").map(({ value }) => value),
  );
  const found = [...wanted].filter((name) => !sent.has(name)).concat([...sent].filter((name) => !wanted.has(name)));
  return { seen: sent.size, found };
});

never("a port key that is no plain number", (nodes) => {
  const keys = nodes
    .filter(
      ({ value }) =>
        isObject(value) && isObject(value.input) && JSON.stringify(value.input).includes("DestinationPortInput"),
    )
    .flatMap(({ value }) => Object.keys((value as { exactMatchMap: { map?: object } }).exactMatchMap.map ?? {}));
  return { seen: keys.length, found: keys.filter((key) => !/^[1-9]\d{0,4}$/.test(key)) };
});

/** Canonical JSON leaves out what is empty: each of these needs that field. */
const NEVER_EMPTY = { exactMatchMap: "map", matcherList: "matchers", andMatcher: "predicate" };
never("an empty map or list in a matcher", (nodes) => {
  const needed = nodes.flatMap(({ key, value }) =>
    Object.entries(NEVER_EMPTY)
      .filter(([k]) => k === key)
      .map(([, field]) => ({ field, value })),
  );
  const lists = nodes
    .filter(({ path }) => /domainMatchers\.\d+$/.test(path))
    .map(({ value }) => ({ field: "domains", value }));
  const ranges = nodes
    .filter(({ value }) => isObject(value) && String(value["@type"]).endsWith("ip.v3.Ip"))
    .map(({ value }) => ({ field: "cidrRanges", value }));
  const all = [...needed, ...lists, ...ranges];
  return { seen: all.length, found: all.filter(({ field, value }) => !isObject(value) || value[field] === undefined) };
});

never("a regular expression in a matcher that does not name its engine", (nodes) => {
  const expressions = nodes.filter(({ path }) => /valueMatch\.safeRegex$/.test(path));
  return {
    seen: expressions.length,
    found: expressions.filter(({ value }) => !isObject(value) || value.googleRe2 === undefined),
  };
});

never("an HTTP chain that admits by itself", (nodes) => {
  const filters = nodes.filter(({ value }) => isObject(value) && String(value["@type"]).endsWith("rbac.v3.RBAC"));
  return {
    seen: filters.length,
    found: filters.filter(({ value }) => JSON.stringify((value as { rules: Json }).rules) !== "{}"),
  };
});

never("more than 14 layers of matchers", (nodes) => {
  const depth = nodes.map(
    ({ path }) => path.split(".").filter((part) => part === "matcher" || part === "onNoMatch").length,
  );
  return { seen: depth.length, found: depth.filter((d) => d > 14) };
});

never("a rule without the guard before it", (nodes) => {
  const roots = nodes.filter(({ path }) => /^listeners\.\d+\.filterChainMatcher$/.test(path));
  return {
    seen: roots.length,
    found: roots.filter(
      ({ value }) => !JSON.stringify((value as { matcherTree: Json }).matcherTree).includes('"refuse-local"'),
    ),
  };
});

function nodesOf(policy: EffectivePolicy): Node[] {
  const settings = { outboundPort: 15_001, rawPort: 15_003, inspectionTimeoutMs: 5_000, accessLog: "file" } as const;
  return walk(JSON.parse(toCanonicalJson(compileEnvoy(buildTable(policy), settings))), "");
}

function walk(value: Json, path: string): Node[] {
  const key = path.split(".").at(-1) ?? "";
  const self = { path, key, value };
  if (value === null || typeof value !== "object") return [self];
  const below = Object.entries(value).flatMap(([k, v]) => walk(v, path === "" ? k : `${path}.${k}`));
  return [self, ...below];
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  value !== null && typeof value === "object" && !Array.isArray(value);
