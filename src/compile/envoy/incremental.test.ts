import { toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sourcedRules } from "../../../test/laws/arbitraries.ts";
import { effective, matched, port, rule } from "../../../test/laws/builders.ts";
import { ClusterSchema } from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import { ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { EffectivePolicy } from "../../policy/model/index.ts";
import { buildTable, type Table } from "../table/index.ts";
import { compileEnvoy, type EncodedResources, type EnvoySettings, encodeEnvoy } from "./index.ts";

const SETTINGS: EnvoySettings = {
  outboundPort: 15_001,
  rawPort: 15_003,
  inspectionTimeoutMs: 5_000,
  accessLog: "file",
};

/** Settings that differ in what may change while a proxy runs, and in what may not. */
const settings = fc.constantFrom<EnvoySettings>(
  SETTINGS,
  { ...SETTINGS, extraHttpPorts: [port(80), "any"] },
  { ...SETTINGS, outboundPort: 16_001 },
  { ...SETTINGS, upstreamMark: 7, ipv6: false },
);

/** An edit of a list of rules: at a place some go, and others come. */
const edit = fc.record({
  mode: fc.constantFrom("Matched", "Matched", "Matched", "All", "None"),
  at: fc.nat(20),
  gone: fc.nat(3),
  come: sourcedRules.map((rules) => rules.slice(0, 2)),
  settings,
});

const edits = fc.tuple(sourcedRules, fc.array(edit, { minLength: 1, maxLength: 8 })).map(([first, all]) => {
  let rules = first;
  return all.map(({ mode, at, gone, come, settings: now }) => {
    rules = [...rules.slice(0, at), ...come, ...rules.slice(at + gone)];
    return { policy: { ...effective(mode, []), rules }, settings: now };
  });
});

test("law: after any edits the bytes are those of a compilation from nothing", () => {
  fc.assert(
    fc.property(edits, (steps) => {
      let [table, encoded]: [Table | undefined, EncodedResources | undefined] = [undefined, undefined];
      for (const { policy, settings: now } of steps) {
        table = buildTable(policy, table);
        encoded = encodeEnvoy(table, now, encoded);
        const fresh = structuredClone(policy);
        expect(table).toEqual(buildTable(fresh));
        expect(encoded).toEqual(encodeEnvoy(buildTable(fresh), now));
      }
    }),
    { numRuns: 100 },
  );
});

test("law: the bytes are those of the messages", () => {
  fc.assert(
    fc.property(sourcedRules, settings, (rules, now) => {
      const table = buildTable({ ...effective("Matched", []), rules });
      const { listeners, routes, clusters } = compileEnvoy(table, now);
      const encoded = encodeEnvoy(table, now);
      expect(encoded.listeners.map(({ value }) => value)).toEqual(listeners.map((m) => toBinary(ListenerSchema, m)));
      expect(encoded.routes.map(({ value }) => value)).toEqual(
        routes.map((m) => toBinary(RouteConfigurationSchema, m)),
      );
      expect(encoded.clusters.map(({ value }) => value)).toEqual(clusters.map((m) => toBinary(ClusterSchema, m)));
    }),
    { numRuns: 50 },
  );
});

describe("what a change does not concern is not made again", () => {
  const before = matched(
    "Domain a.test tls 443",
    "Domain b.test http 80",
    "Domain c.test http 8080",
    "IP 10.0.0.1 tcp 5432",
    "IP 10.0.0.2 http 80",
  );
  const names = (all: EncodedResources) => [...all.listeners, ...all.routes, ...all.clusters];
  /** The resources that are other objects after the rules changed. */
  const remade = (change: (policy: EffectivePolicy) => EffectivePolicy): string[] => {
    const table = buildTable(before);
    const encoded = encodeEnvoy(table, SETTINGS);
    const known = new Set(names(encoded));
    const next = structuredClone(change(before));
    return names(encodeEnvoy(buildTable(next, table), SETTINGS, encoded)).flatMap((one) =>
      known.has(one) ? [] : [one.name],
    );
  };
  const and = (text: string) => (policy: EffectivePolicy) => ({
    ...policy,
    rules: [
      { value: rule(text), source: policy.rules[0]?.source ?? { mesh: "m", name: "p", displayName: "p", index: 0 } },
      ...policy.rules,
    ],
  });

  test.each([
    ["nothing", (policy: EffectivePolicy) => policy, []],
    ["a TLS name", and("Domain d.test tls 443"), ["mp:out"]],
    ["an HTTP name", and("Domain d.test http 80"), ["http-80"]],
    ["an HTTP address", and("IP 10.0.0.3 grpc 8080"), ["http-8080"]],
    ["an HTTP port", and("Domain d.test http 81"), ["mp:out", "http-81"]],
    ["an address of a port without HTTP", and("IP 10.0.0.3 tcp 5432"), ["mp:out", "mp:raw"]],
    ["an address of a port with HTTP", and("IP 10.0.0.3 tcp 80"), ["mp:out", "mp:raw", "http-80"]],
    ["an address of every port", and("IP 10.0.0.3 tcp"), ["mp:out", "mp:raw", "http-80", "http-8080"]],
    ["a TLS block", and("CIDR 10.0.0.0/8 tls 443"), ["mp:out"]],
  ])("%s", (_, change, expected) => expect(remade(change)).toEqual(expected));
});

test.each([
  ["CIDR 10.0.0.0/8 tcp 5432", "CIDR 10.0.0.0/9 tcp 5432"],
  ["CIDR 0.0.0.0/8 tls 443", "CIDR ::/8 tls 443"],
  ["CIDR 10.0.0.0/8 http 80", "CIDR 11.0.0.0/8 http 80"],
  ["IP 10.0.0.1 http 80", "IP 10.0.0.1 grpc 80"],
  ["Domain a.test http 80", "Domain a.test http2 80"],
  ["Domain a.test tls 443", "Domain b.test tls 443"],
  ["Domain a.test tls 443", "Domain *.a.test tls 443"],
  ["Domain *.a.test tls 443", "Domain *.b.test tls 443"],
  ["Domain a.test tls 443", "Domain * tls 443"],
  ["Domain a.test tls 443", "Domain a.test tls 444"],
])("%s becomes %s in its place", (one, other) => {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const table = buildTable(matched(from));
    const next = buildTable(matched(to), table);
    expect(next).toEqual(buildTable(matched(to)));
    expect(encodeEnvoy(next, SETTINGS, encodeEnvoy(table, SETTINGS))).toEqual(
      encodeEnvoy(buildTable(matched(to)), SETTINGS),
    );
  }
});
