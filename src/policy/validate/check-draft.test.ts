import { describe, expect, test } from "vitest";
import { parseResources } from "../text/index.ts";
import { checkDraft, checkSet } from "./index.ts";

const found = (text: string, exists = false): string[] => {
  const { drafts, diagnostics } = parseResources("f", text);
  return [...diagnostics, ...drafts.flatMap((draft) => checkDraft(draft, { exists }))].map(
    ({ code, path }) => `${code} ${path.join(".")}`,
  );
};

describe("names", () => {
  const mesh = (name: string): string => `type: Mesh\nname: ${JSON.stringify(name)}\n`;
  test.each([
    ["a", []],
    ["a-b.c1", []],
    ["a".repeat(253), []],
    ["a".repeat(254), ["E112-bad-name name"]],
    ["", ["E112-bad-name name"]],
    ["a_b", ["E112-bad-name name"]],
    ["-a", ["E112-bad-name name"]],
    ["a.", ["E112-bad-name name"]],
    ["A", ["E112-bad-name name"]],
    ["a\n", ["E112-bad-name name"]],
  ])("%j", (name, expected) => {
    expect(found(mesh(name))).toEqual(expected);
  });

  test("what exists may keep an old name, and is told", () => {
    expect(found(mesh("a_b"), true)).toEqual(["W309-name-style name"]);
    expect(found(mesh("A"), true)).toEqual(["E112-bad-name name"]);
  });

  test("meshes and namespaces", () => {
    const policy = (mesh: string) => `type: MeshPassthrough\nname: p\nmesh: ${mesh}\nspec: {}\n`;
    expect(found(policy("my_mesh"))).toEqual([]);
    expect(found(policy("''"))).toEqual(["E112-bad-name mesh"]);
    expect(found(policy("My"))).toEqual(["E112-bad-name mesh"]);
    const kubernetes = (namespace: string) =>
      `apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata: {name: p, namespace: ${namespace}}\nspec: {}\n`;
    expect(found(kubernetes("shop"))).toEqual([]);
    expect(found(kubernetes("a.b"))).toEqual(["E112-bad-name metadata.namespace"]);
    expect(found(kubernetes("a".repeat(64)))).toEqual(["E112-bad-name metadata.namespace"]);
  });
});

test("labels: names and values as Kubernetes has them", () => {
  const labels = (text: string) => found(`type: Mesh\nname: m\nlabels: {${text}}\n`);
  expect(labels("a: b, kuma.io/x: '', a.b/c_d.e: A-1")).toEqual([]);
  expect(labels("-a: b")).toEqual(["E114-bad-label labels.-a"]);
  expect(labels("a/b/c: d")).toEqual(["E114-bad-label labels.a/b/c"]);
  expect(labels("A.b/c: d")).toEqual(["E114-bad-label labels.A.b/c"]);
  expect(labels("/c: d")).toEqual(["E114-bad-label labels./c"]);
  expect(labels(`a: ${"x".repeat(64)}`)).toEqual(["E114-bad-label labels.a"]);
  expect(labels(`${"x".repeat(63)}: a`)).toEqual([]);
  expect(labels(`a.b/${"x".repeat(64)}: a`)).toEqual([`E114-bad-label labels.a.b/${"x".repeat(64)}`]);
  expect(labels("a: b c, b: é")).toEqual(["E114-bad-label labels.a", "E114-bad-label labels.b"]);
});

test("what becomes of open connections: an annotation, or a label", () => {
  const labelled = (value: string) =>
    found(`type: MeshPassthrough\nname: p\nmesh: default\nlabels: {sallyport.io/revocation: ${value}}\nspec: {}\n`);
  expect(labelled("drain-30s")).toEqual([]);
  expect(labelled("later")).toEqual(["E128-bad-revocation labels.sallyport.io/revocation"]);
  const annotated = (value: string) =>
    found(
      `apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata: {name: p, namespace: a, annotations: {sallyport.io/revocation: ${value}}}\nspec: {}\n`,
    );
  expect(annotated("drain 30s")).toEqual([]);
  expect(annotated("drain 30")).toEqual(["E128-bad-revocation metadata.annotations.sallyport.io/revocation"]);
});

test("tags of a selector", () => {
  const tags = (text: string) =>
    found(`type: MeshPassthrough\nname: p\nmesh: default\nspec:\n  targetRef: {kind: MeshSubset, tags: {${text}}}\n`);
  expect(tags("kuma.io/service: a_b.c-d:1, 'x:y': z")).toEqual([]);
  expect(tags("a: '*'")).toEqual(["E113-bad-tag spec.targetRef.tags.a"]);
  expect(tags("a: ''")).toEqual(["E113-bad-tag spec.targetRef.tags.a"]);
  expect(tags("'': b")).toEqual(["E113-bad-tag spec.targetRef.tags."]);
  expect(tags("'a b': c/d")).toEqual(["E113-bad-tag spec.targetRef.tags.a b", "E113-bad-tag spec.targetRef.tags.a b"]);
});

describe("Dataplanes", () => {
  const web = "{port: 80, tags: {kuma.io/service: web}}";
  const dataplane = (networking: string, rest = "") =>
    found(`type: Dataplane\nname: d\nmesh: default\nnetworking: {${networking}}\n${rest}`);
  test.each([
    [`address: 10.0.0.1, inbound: [${web}]`, []],
    [`address: web.example, inbound: [${web}]`, []],
    [`address: 0.0.0.0, inbound: [${web}]`, ["E110-bad-address networking.address"]],
    [`address: '::', inbound: [${web}]`, ["E110-bad-address networking.address"]],
    [`address: '', inbound: [${web}]`, ["E110-bad-address networking.address"]],
    [`inbound: [${web}]`, ["E102-missing-field networking.address"]],
    ["address: 10.0.0.1", ["E120-no-inbound networking"]],
    ["address: 10.0.0.1, inbound: []", ["E120-no-inbound networking"]],
    ["address: 10.0.0.1, inbound: [{port: 80}]", ["E102-missing-field networking.inbound.0.tags.kuma.io/service"]],
    [
      "address: 10.0.0.1, inbound: [{port: 80, tags: {kuma.io/service: a, kuma.io/protocol: ftp}}]",
      ["E113-bad-tag networking.inbound.0.tags.kuma.io/protocol"],
    ],
    ["address: 10.0.0.1, gateway: {tags: {kuma.io/service: a}}", []],
    ["address: 10.0.0.1, gateway: {tags: {a: b}}", ["E102-missing-field networking.gateway.tags"]],
    [
      `address: 10.0.0.1, gateway: {type: BUILTIN, tags: {kuma.io/service: a}}, inbound: [${web}]`,
      ["E121-gateway-fields networking.inbound"],
    ],
    [
      `address: 10.0.0.1, inbound: [${web}], transparentProxying: {redirectPortOutbound: 70000, ipFamilyMode: ipv4}`,
      [
        "E101-port-out-of-range networking.transparentProxying.redirectPortOutbound",
        "E105-unknown-value networking.transparentProxying.ipFamilyMode",
      ],
    ],
    [
      `address: 10.0.0.1, inbound: [${web}], outbound: [{port: 0, address: x}]`,
      [
        "E101-port-out-of-range networking.outbound.0.port",
        "E110-bad-address networking.outbound.0.address",
        "E102-missing-field networking.outbound.0.tags",
      ],
    ],
  ])("{%s}", (networking, expected) => {
    expect(dataplane(networking)).toEqual(expected);
  });

  test("the fields that Kuma documents give no warning, in both forms", () => {
    const networking = `networking:
  address: 10.0.0.1
  advertisedAddress: 192.0.2.1
  admin: {port: 9901}
  inbound:
  - port: 8080
    name: main
    servicePort: 80
    serviceAddress: 127.0.0.1
    address: 10.0.0.1
    state: Ready
    health: {ready: true}
    serviceProbe: {interval: 10s, timeout: 1s, unhealthyThreshold: 3, healthyThreshold: 1, tcp: {}}
    tags: {kuma.io/service: web, kuma.io/protocol: http}
  outbound:
  - {port: 3000, address: 127.0.0.2, tags: {kuma.io/service: db}}
  - {port: 3001, backendRef: {kind: MeshService, name: a, namespace: b, port: 1, labels: {c: d}}}
  transparentProxying:
    redirectPortInbound: 15006
    redirectPortOutbound: 15001
    directAccessServices: ["*"]
    reachableServices: [db]
    reachableBackends: {refs: [{kind: MeshService, name: a, namespace: b, port: 1, labels: {c: d}}]}
    ipFamilyMode: DualStack
probes: {port: 9000, endpoints: [{inboundPort: 8080, inboundPath: /a, path: /8080/a}]}
metrics: {type: prometheus, conf: {port: 1234, path: /m, aggregate: [{name: a, port: 1, path: /x}]}}
`;
    expect(found(`type: Dataplane\nmesh: default\nname: d\n${networking}`)).toEqual([]);
    const indented = networking.replaceAll(/^/gm, "  ");
    const head =
      "apiVersion: kuma.io/v1alpha1\nkind: Dataplane\nmesh: default\nmetadata: {name: d, namespace: ns, creationTimestamp: null}\n";
    expect(found(`${head}spec:\n${indented}`)).toEqual([]);
  });
});

test("a Mesh as Kuma documents it gives no warning", () => {
  const text = `type: Mesh
name: default
mtls: {enabledBackend: ca, backends: [{name: ca, type: builtin, conf: {x: 1}}], skipValidation: false}
tracing: {defaultBackend: a, backends: []}
logging: {defaultBackend: a, backends: []}
metrics: {enabledBackend: p, backends: [{name: p, type: prometheus}]}
networking: {outbound: {passthrough: true}}
routing: {localityAwareLoadBalancing: true, zoneEgress: true, defaultForbidMeshExternalServiceAccess: true}
constraints: {dataplaneProxy: {requirements: [], restrictions: []}}
skipCreatingInitialPolicies: ["*"]
meshServices: {mode: Exclusive}
`;
  expect(found(text)).toEqual([]);
  expect(found("type: Mesh\nname: default\nnetworking: {outbound: {passthrough: 'false'}}\n")).toEqual([
    "E103-wrong-type networking.outbound.passthrough",
  ]);
});

describe("sets", () => {
  const set = (...texts: readonly string[]): string[] =>
    checkSet(texts.flatMap((text, i) => parseResources(`f${i}`, text).resources)).map(
      ({ code, span }) => `${code} ${span?.file}:${span?.start.line}:${span?.start.column}`,
    );
  const policy = (mesh: string, name = "p") => `type: MeshPassthrough\nname: ${name}\nmesh: ${mesh}\nspec: {}\n`;

  test("the same resource in two files is a fault in both", () => {
    expect(set(policy("default"), policy("default"), policy("other"), policy("default", "q"))).toEqual([
      "E205-duplicate-resource f0:2:7",
      "E205-duplicate-resource f1:2:7",
    ]);
  });

  test("the same name in two namespaces, or of two types, is none", () => {
    const kubernetes = (namespace: string) =>
      `apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata: {name: p, namespace: ${namespace}}\nspec: {}\n`;
    expect(set(kubernetes("a"), kubernetes("b"), "type: Mesh\nname: default\n")).toEqual([]);
  });

  test("a mesh that is not there is told where the set says which meshes there are", () => {
    expect(set(policy("defualt"))).toEqual([]);
    expect(set(policy("defualt"), "type: Mesh\nname: default\n")).toEqual(["W306-unknown-mesh f0:3:7"]);
    const dataplane =
      "type: Dataplane\nname: d\nmesh: default\nnetworking: {address: 10.0.0.1, inbound: [{port: 1, tags: {kuma.io/service: a}}]}\n";
    expect(set(policy("defualt"), dataplane)).toEqual(["W306-unknown-mesh f0:3:7"]);
    expect(set(dataplane, "type: Mesh\nname: other\n")).toEqual(["W306-unknown-mesh f0:3:7"]);
  });
});
