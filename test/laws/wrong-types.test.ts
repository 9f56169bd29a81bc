import { expect, test } from "vitest";
import { check } from "../../src/policy/check/index.ts";
import type { Diagnostic, Path } from "../../src/policy/diagnostics/index.ts";
import type { Form, ResourceType } from "../../src/policy/model/index.ts";
import { COMPATIBILITY_LEVELS } from "../../src/policy/validate/index.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [field: string]: Json };

const REF = { kind: "MeshService", name: "a", namespace: "n", port: 80, labels: { a: "b" } };
const BACKENDS = { defaultBackend: "a", backends: [] };

/** Every field that the documentation has, with a value of its type. */
const MESH = {
  mtls: { enabledBackend: "a", backends: [], skipValidation: true },
  tracing: BACKENDS,
  logging: BACKENDS,
  metrics: { enabledBackend: "a", backends: [] },
  networking: { outbound: { passthrough: true } },
  routing: { localityAwareLoadBalancing: true, zoneEgress: true, defaultForbidMeshExternalServiceAccess: true },
  constraints: { dataplaneProxy: { requirements: [], restrictions: [] } },
  skipCreatingInitialPolicies: ["*"],
  meshServices: { mode: "Disabled" },
};

const DATAPLANE = {
  networking: {
    address: "10.0.0.1",
    advertisedAddress: "10.0.0.2",
    admin: { port: 9901 },
    inbound: [
      {
        address: "10.0.0.1",
        port: 80,
        servicePort: 8080,
        serviceAddress: "10.0.0.3",
        name: "main",
        tags: { "kuma.io/service": "a" },
        state: "Ready",
        health: { ready: true },
        serviceProbe: { interval: "1s", timeout: "1s", unhealthyThreshold: 1, healthyThreshold: 1, tcp: {} },
      },
    ],
    outbound: [
      { address: "10.0.0.4", port: 1000, tags: { "kuma.io/service": "b" } },
      { address: "10.0.0.4", port: 1001, backendRef: { kind: "MeshService", name: "a", port: 80, labels: { a: "b" } } },
      { port: 1002, service: "c" },
    ],
    transparentProxying: {
      redirectPortInbound: 15_006,
      redirectPortInboundV6: 15_010,
      redirectPortOutbound: 15_001,
      directAccessServices: ["*"],
      reachableServices: ["a"],
      reachableBackends: { refs: [REF] },
      ipFamilyMode: "DualStack",
    },
  },
  metrics: { name: "m", type: "prometheus", conf: {} },
  probes: { port: 9000, endpoints: [{ inboundPort: 80, inboundPath: "/a", path: "/b" }] },
};

const POLICY = {
  targetRef: { kind: "MeshSubset", tags: { a: "b" }, proxyTypes: ["Sidecar"] },
  default: {
    passthroughMode: "Matched",
    appendMatch: [{ type: "Domain", value: "a.example", port: 443, protocol: "tls" }],
  },
};

/** Kuma's type has them, and any value but an empty one of the right type is refused. */
const REFUSED_FIELDS = { name: "", mesh: "", namespace: "", sectionName: "", labels: {} };

const labels = { team: "a" };
const UNIVERSAL = { name: "a", labels, creationTime: "2024-01-01T00:00:00Z", modificationTime: "2024-01-01T00:00:00Z" };
const metadata = { name: "a", namespace: "n", labels, annotations: { a: "b" } };
const kubernetes = (kind: ResourceType, spec: Json) => ({ apiVersion: "kuma.io/v1alpha1", kind, metadata, spec });

const DOCUMENTS: readonly { readonly type: ResourceType; readonly form: Form; readonly document: Json }[] = [
  { type: "Mesh", form: "universal", document: { type: "Mesh", ...UNIVERSAL, ...MESH } },
  { type: "Dataplane", form: "universal", document: { type: "Dataplane", mesh: "m", ...UNIVERSAL, ...DATAPLANE } },
  {
    type: "MeshPassthrough",
    form: "universal",
    document: { type: "MeshPassthrough", mesh: "m", ...UNIVERSAL, spec: POLICY },
  },
  {
    type: "MeshPassthrough",
    form: "universal",
    document: {
      type: "MeshPassthrough",
      mesh: "m",
      ...UNIVERSAL,
      spec: { targetRef: { kind: "Mesh", ...REFUSED_FIELDS } },
    },
  },
  { type: "Mesh", form: "kubernetes", document: { ...kubernetes("Mesh", MESH), metadata: { name: "a", labels } } },
  { type: "Dataplane", form: "kubernetes", document: { ...kubernetes("Dataplane", DATAPLANE), mesh: "m" } },
  { type: "MeshPassthrough", form: "kubernetes", document: kubernetes("MeshPassthrough", POLICY) },
];

const VALUES: readonly Json[] = ["a", 1, 1.5, true, null, [], {}, ["a"], [1], { a: "b" }, { a: 1 }, [{}], [[]]];

const kindOf = (value: Json): string =>
  value === null ? "null" : Array.isArray(value) ? "list" : typeof value === "object" ? "map" : typeof value;

/** All places of a value, with what is there. */
function* places(value: Json, path: Path = []): Generator<readonly [Path, Json]> {
  if (path.length > 0) yield [path, value];
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value))
    yield* places(inner, [...path, Array.isArray(value) ? Number(key) : key]);
}

function replaced(value: Json, [step, ...rest]: Path, by: Json): Json {
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((item: Json, i) => (i === step ? replaced(item, rest, by) : item));
  if (value === null || typeof value !== "object") throw new Error("nothing is there");
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === step ? replaced(inner, rest, by) : inner]),
  );
}

const isAt = (path: Path) => (diagnostic: Diagnostic) =>
  diagnostic.path.length >= path.length && path.every((step, i) => diagnostic.path[i] === step);

/** What Kuma does not look into, and this project neither. */
const FREE =
  /^(spec\.)?(mtls\.backends|(tracing|logging|metrics)\.backends|metrics\.conf|constraints\.dataplaneProxy\.)|serviceProbe\.tcp$/;

test.each(DOCUMENTS)("a $type in $form form has no fault as it is", ({ document }) => {
  const { diagnostics } = check([{ file: "a.json", text: JSON.stringify(document) }]);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
});

test.each(DOCUMENTS)(
  "law: a value of another type is an error at its place, in every field of a $type in $form form",
  ({ document }) => {
    const silent: string[] = [];
    for (const [path, right] of places(document))
      for (const value of VALUES) {
        if (kindOf(value) === kindOf(right) || FREE.test(path.join("."))) continue;
        const text = JSON.stringify(replaced(document, path, value));
        for (const compatibility of COMPATIBILITY_LEVELS) {
          const { diagnostics } = check([{ file: "a.json", text }], { compatibility });
          // Kuma takes some of them: then it is a warning.
          const there = diagnostics
            .filter(
              ({ severity, code }) => severity === "error" || (compatibility === "kuma-2.9" && code.startsWith("E")),
            )
            .filter(isAt(path));
          if (there.length !== 1 && (there.length === 0 || compatibility !== "kuma-2.9"))
            silent.push(`${compatibility}: ${path.join(".")} = ${JSON.stringify(value)}: ${there.map((d) => d.code)}`);
        }
      }
    expect(silent).toEqual([]);
  },
);
