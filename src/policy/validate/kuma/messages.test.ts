import { describe, expect, test } from "vitest";
import { DATAPLANE, MESH } from "./messages.ts";
import { decodeProto, type Proto } from "./proto.ts";

const REF = { kind: "MeshService", name: "api", namespace: "shop", port: 0, labels: { a: "1" } };

/** Every field of a message once, in the order in which Kuma prints them. */
const FULL_DATAPLANE = {
  networking: {
    address: "10.0.0.1",
    advertisedAddress: "192.0.2.1",
    gateway: { tags: { "kuma.io/service": "edge" }, type: "BUILTIN" },
    inbound: [
      {
        port: 80,
        servicePort: 8080,
        serviceAddress: "127.0.0.1",
        address: "10.0.0.2",
        tags: { "kuma.io/service": "web" },
        health: { ready: true },
        serviceProbe: { interval: "10s", timeout: "2s", unhealthyThreshold: 0, healthyThreshold: 0, tcp: {} },
        state: "NotReady",
        name: "main",
      },
    ],
    outbound: [
      {
        address: "127.0.0.2",
        port: 3000,
        service: "api",
        tags: { "kuma.io/service": "api" },
        backendRef: { kind: "MeshService", name: "api", port: 80, labels: { a: "1" } },
      },
    ],
    transparentProxying: {
      redirectPortInbound: 15006,
      redirectPortOutbound: 15001,
      directAccessServices: ["*"],
      redirectPortInboundV6: 15010,
      reachableServices: ["api"],
      ipFamilyMode: "IPv4",
      reachableBackends: { refs: [REF] },
    },
    admin: { port: 9901 },
  },
  metrics: { name: "prometheus", type: "prometheus", conf: { port: 5670 } },
  probes: { port: 9000, endpoints: [{ inboundPort: 80, inboundPath: "/ready", path: "/80/ready" }] },
};

const BACKENDS = { defaultBackend: "one", backends: [{ name: "one" }] };

const FULL_MESH = {
  mtls: { enabledBackend: "ca", backends: [{ name: "ca" }], skipValidation: true },
  tracing: BACKENDS,
  logging: BACKENDS,
  metrics: { enabledBackend: "prometheus", backends: [{ name: "prometheus" }] },
  networking: { outbound: { passthrough: false } },
  routing: { localityAwareLoadBalancing: true, zoneEgress: true, defaultForbidMeshExternalServiceAccess: true },
  constraints: { dataplaneProxy: { requirements: [{ tags: { a: "1" } }], restrictions: [{ tags: { a: "2" } }] } },
  skipCreatingInitialPolicies: ["*"],
  meshServices: { mode: "Exclusive" },
};

/** What Kuma hands on as it is. */
const OPAQUE = ["conf", "backends", "requirements", "restrictions"];

/** The same document, its fields the other way round, and one in each object that no message has. */
const turned = (value: unknown, key = ""): unknown => {
  if (OPAQUE.includes(key)) return value;
  if (Array.isArray(value)) return value.map((item) => turned(item));
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([name, inner]): [string, unknown] => [name, turned(inner, name)]);
  const isMap = key === "tags" || key === "labels";
  return Object.fromEntries([...(isMap ? [] : [["other", 1] as const]), ...fields.toReversed()]);
};

/** The document with one scalar, list or map in it made something that it cannot be; once for each. */
const spoilt = (value: unknown, key = ""): readonly unknown[] => {
  if (OPAQUE.includes(key)) return [];
  if (Array.isArray(value)) return [true, ...value.flatMap((item) => spoilt(item).map((bad) => [bad]))];
  if (typeof value !== "object" || value === null) return [["x"]];
  const inner = Object.entries(value).flatMap(([name, field]) =>
    spoilt(field, name).map((bad) => ({ ...value, [name]: bad })),
  );
  return [true, ...inner];
};

describe.each<[string, object, Proto]>([
  ["Dataplane", FULL_DATAPLANE, DATAPLANE],
  ["Mesh", FULL_MESH, MESH],
])("a %s with all that it can have", (_, full, type) => {
  test("is printed whole, in the order of the message", () => {
    expect(JSON.stringify(decodeProto(full, type))).toBe(JSON.stringify({ ok: true, value: full }));
    expect(JSON.stringify(decodeProto(turned(full), type))).toBe(JSON.stringify({ ok: true, value: full }));
  });

  test("cannot be read with any one of them of a wrong type", () => {
    const faulty = spoilt(full);
    expect(faulty.length).toBeGreaterThan(20);
    for (const document of faulty)
      expect([JSON.stringify(document), decodeProto(document, type).ok]).toEqual([JSON.stringify(document), false]);
  });
});

describe("words", () => {
  const inNetworking = (networking: object): unknown => ({ networking });
  test.each<[string, Proto, (word: unknown) => unknown, string[]]>([
    ["state", DATAPLANE, (state) => inNetworking({ inbound: [{ state }] }), ["Ready", "NotReady", "Ignored"]],
    ["type", DATAPLANE, (word) => inNetworking({ gateway: { type: word } }), ["DELEGATED", "BUILTIN"]],
    [
      "ipFamilyMode",
      DATAPLANE,
      (ipFamilyMode) => inNetworking({ transparentProxying: { ipFamilyMode } }),
      ["UnSpecified", "DualStack", "IPv4", "IPv6"],
    ],
    [
      "mode",
      MESH,
      (mode) => ({ meshServices: { mode } }),
      ["Disabled", "Everywhere", "ReachableBackends", "Exclusive"],
    ],
  ])("of %s: the first is not printed, others are refused", (_, type, document, words) => {
    const printed = (word: unknown): unknown => decodeProto(document(word), type);
    for (const [number, word] of words.entries()) {
      const value = document(number === 0 ? undefined : word);
      expect(printed(word)).toEqual({ ok: true, value });
      expect(printed(number)).toEqual({ ok: true, value });
    }
    expect(printed("Other")).toEqual({ ok: false, error: 'unknown value "Other" for enum' });
  });
});
