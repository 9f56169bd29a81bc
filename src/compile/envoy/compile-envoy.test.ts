import { toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { effectivePolicy, policyAndConnection, reordered, sourcedRules } from "../../../test/laws/arbitraries.ts";
import { effective, matched, port } from "../../../test/laws/builders.ts";
import { FilterChainSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { decide } from "../../policy/decide/index.ts";
import type { Connection, EffectivePolicy } from "../../policy/model/index.ts";
import { codecRefuses, type EnvoyModel, modelOf } from "../../simulate/index.ts";
import { buildTable, httpChains } from "../table/index.ts";
import {
  bootstrapJson,
  compileEnvoy,
  type EnvoyResources,
  type EnvoySettings,
  encodeEnvoy,
  staticBootstrap,
  toCanonicalJson,
} from "./index.ts";
import { always, toChain } from "./matcher.ts";

const SETTINGS: EnvoySettings = {
  outboundPort: 15_001,
  rawPort: 15_003,
  inspectionTimeoutMs: 5_000,
  accessLog: "file",
};
const compile = (policy: EffectivePolicy, more: Partial<EnvoySettings> = {}): EnvoyResources =>
  compileEnvoy(buildTable(policy), { ...SETTINGS, ...more });
const encode = (policy: EffectivePolicy) => encodeEnvoy(buildTable(policy), SETTINGS);
const print = (resources: EnvoyResources): { readonly listeners: readonly Json[]; readonly routes: readonly Json[] } =>
  JSON.parse(toCanonicalJson(resources));
type Json = { readonly [field: string]: unknown };

/** What Envoy does with a policy's configuration; a fault would make its answers mean nothing. */
function modelled(policy: EffectivePolicy): EnvoyModel {
  const model = modelOf(compile(policy));
  expect(model.faults).toEqual([]);
  return model;
}

/**
 * In place of a host that no client can send without being refused at once; the laws of `simulate` have those. Rules say
 * no more of them than of this one.
 */
const sendable = (connection: Connection): Connection =>
  codecRefuses({ connection }, "-") && connection.kind === "http" ? { ...connection, host: "," } : connection;

/** A policy and connections near its rules; compiling is what takes time. */
const policyAndConnections = effectivePolicy.chain((policy) =>
  fc.tuple(fc.constant(policy), fc.array(policyAndConnection(fc.constant(policy)), { minLength: 10, maxLength: 10 })),
);

test("law: what Envoy does at mp:out is what `decide` says", () => {
  fc.assert(
    fc.property(policyAndConnections, ([policy, connections]) => {
      const model = modelled(policy);
      for (const [, connection] of connections) {
        const sent = sendable(connection);
        const isAdmitted = model.answer("mp:out", { connection: sent }) === "admitted";
        expect([sent, isAdmitted]).toEqual([sent, decide(policy, sent).kind === "allow"]);
      }
    }),
    { numRuns: 150 },
  );
});

test("law: mp:raw admits exactly what is admitted whatever its bytes are", () => {
  fc.assert(
    fc.property(policyAndConnections, ([policy, connections]) => {
      const model = modelled(policy);
      for (const [, connection] of connections) {
        const isAdmitted = model.answer("mp:raw", { connection }) === "admitted";
        const opaque = { destination: connection.destination, kind: "opaque" } as const;
        expect([connection, isAdmitted]).toEqual([connection, decide(policy, opaque).kind === "allow"]);
      }
    }),
    { numRuns: 50 },
  );
});

test("law: equal mode and equal sets of rules compile to equal bytes, whatever provenance and order", () => {
  fc.assert(
    fc.property(reordered(sourcedRules), fc.string(), ([rules, again], name) => {
      const policy = effective("Matched", []);
      const renamed = again.map(({ value }) => ({ value, source: { mesh: "m", name, displayName: name, index: 3 } }));
      expect(encode({ ...policy, rules: renamed })).toEqual(encode({ ...policy, rules }));
    }),
    { numRuns: 100 },
  );
});

test("law: rule sets differ in matchers, route tables and HTTP chains, and in nothing else", () => {
  fc.assert(
    fc.property(effectivePolicy, effectivePolicy, (a, b) => {
      const [one, other] = [compile(a), compile(b)];
      expect(other.listeners.map(frame)).toEqual(one.listeners.map(frame));
      expect(encode(b).clusters).toEqual(encode(a).clusters);
      const chains = chainBytes(one);
      for (const [name, bytes] of chainBytes(other)) expect(chains.get(name) ?? bytes).toEqual(bytes);
      const names = new Set([...chains.keys()].filter((name) => !name.includes("http-")));
      expect(new Set([...chainBytes(other).keys()].filter((name) => !name.includes("http-")))).toEqual(names);
    }),
    { numRuns: 100 },
  );
});

test("what can reach few addresses shares one cluster, more are spread", () => {
  const text = (...rules: string[]) =>
    JSON.stringify(print(compile(matched(...rules))).listeners.map((one) => one.filterChainMatcher));
  const few = text("CIDR 10.0.0.0/24 tcp 5432", "CIDR 10.0.2.0/24 tcp 5432");
  expect(few).not.toContain("consistent_hashing");
  expect(few).toContain('"pass-8"');
  expect(text("CIDR 10.0.0.0/24 tcp 5432", "CIDR 10.0.2.0/24 tcp 5432", "IP 10.0.4.1 tcp 5432")).toContain(
    "consistent_hashing",
  );
  expect(text("Domain a.test tls 443")).toContain("consistent_hashing");
});

test("law: what Envoy does on the chain of any port, for connections that stay on it, is what `decide` says", () => {
  fc.assert(
    fc.property(policyAndConnections, ([policy, connections]) => {
      const table = buildTable(policy);
      const { ports, shared } = httpChains(table, ["any"]);
      const { listeners, ...rest } = compile(policy, { extraHttpPorts: ports, sharedHttpPorts: shared });
      const model = modelOf({ ...rest, listeners });
      expect(model.faults).toEqual([]);
      for (const [, connection] of connections) {
        const sent = sendable(connection);
        const isAdmitted = model.answer("mp:out", { connection: sent }) === "admitted";
        expect([sent, isAdmitted]).toEqual([sent, decide(policy, sent).kind === "allow"]);
      }
      if (policy.mode.value !== "Matched") return;
      // as if the connection had been there before all rules that name a port
      const toAny = listeners.map((listener) => ({ ...listener, filterChainMatcher: always(toChain("http-any")) }));
      const onAny = modelOf({ ...rest, listeners: toAny });
      for (const [, connection] of connections) {
        const sent = sendable(connection);
        if (sent.kind !== "http") continue;
        const isAdmitted = onAny.answer("mp:out", { connection: sent }) === "admitted";
        expect([sent, isAdmitted]).toEqual([sent, decide(policy, sent).kind === "allow"]);
      }
    }),
    { numRuns: 100 },
  );
});

describe("ports that are kept", () => {
  test("that rules begin to name while there is a chain for any port stay on it; others have their own", () => {
    const table = buildTable(matched("Domain a.test http 80", "IP 10.0.0.1 http 8080", "IP 10.0.0.1 tcp 9000"));
    expect(httpChains(table, [])).toEqual({ ports: [80, 8080], shared: [] });
    expect(httpChains(table, [port(80)])).toEqual({ ports: [80, 8080], shared: [] });
    expect(httpChains(table, [port(80), "any"])).toEqual({ ports: [80, "any"], shared: [8080, 9000] });
    expect(httpChains(buildTable(matched()), [port(80), port(81), "any"], 1)).toEqual({
      ports: [80, "any"],
      shared: [],
    });
  });

  const kept = { extraHttpPorts: [port(80), "any"] } as const;
  test("have a chain and a table that decides by the rules of the moment; nothing leads there", () => {
    const printed = print(compile(matched("IP 10.0.0.1 tcp"), kept));
    expect(printed.routes.map(({ name }) => name)).toEqual(["http-80", "http-any"]);
    const tables = JSON.stringify(printed.routes);
    expect(tables).toContain("10.0.0.1");
    expect(JSON.stringify(printed.listeners[0]?.filterChainMatcher)).not.toContain("http-");
  });

  test("admit nothing in mode None and everything in mode All", () => {
    expect(JSON.stringify(print(compile(effective("None", []), kept)).routes)).not.toContain('RBACPerRoute","rbac');
    const all = print(compile(effective("All", []), kept)).routes[0];
    expect(JSON.stringify(all)).toContain('"name":"all"');
  });
});

test("without a raw port there is one listener", () => {
  const { rawPort: _, ...settings } = SETTINGS;
  const { listeners } = compileEnvoy(buildTable(matched("IP 10.0.0.1 tcp 80")), settings);
  expect(listeners.map(({ name }) => name)).toEqual(["mp:out"]);
});

test("without IPv6 on the host the listeners have one address", () => {
  const addresses = (ipv6: boolean) => compile(matched(), { ipv6 }).listeners.map((l) => l.additionalAddresses.length);
  expect(addresses(true)).toEqual([1, 1]);
  expect(addresses(false)).toEqual([0, 0]);
});

test("the mark stands in every cluster", () => {
  const marks = compile(matched(), { upstreamMark: 1337 }).clusters.map((c) => c.upstreamBindConfig?.socketOptions[0]);
  expect(marks.map((option) => option?.value)).toEqual(marks.map(() => ({ case: "intValue", value: 1337n })));
});

test("the static bootstrap holds its route tables, and asks nobody for anything", () => {
  const table = buildTable(matched("Domain a.test http 80"));
  const text = bootstrapJson(staticBootstrap(table, SETTINGS, { id: "x", cluster: "y" }));
  expect(text).toContain('"a.test."');
  for (const dynamic of ['"rds"', '"ads"', "GrpcAccessLog"]) expect(text).not.toContain(dynamic);
});

/** A listener without what rules may change. */
function frame(listener: EnvoyResources["listeners"][number]): Uint8Array {
  const { filterChainMatcher: _, ...rest } = listener;
  return toBinary(ListenerSchema, { ...rest, filterChains: [] });
}

/** The bytes of every chain, by listener and name. */
function chainBytes({ listeners }: EnvoyResources): Map<string, Uint8Array> {
  return new Map(
    listeners.flatMap(({ name, filterChains }) =>
      filterChains.map((chain) => [`${name} ${chain.name}`, toBinary(FilterChainSchema, chain)] as const),
    ),
  );
}
