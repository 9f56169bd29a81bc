import { describe, expect, test } from "vitest";
import { kumaKubernetesView, kumaRestView } from "./index.ts";

const POLICY = {
  spec: {
    default: {
      appendMatch: [{ protocol: "tls", port: 443, value: "a.test", type: "Domain", other: 1 }],
      passthroughMode: "Matched",
      other: 1,
    },
    other: 1,
    targetRef: { tags: { b: "1", a: "2" }, kind: "MeshSubset", proxyTypes: ["Sidecar"], name: null, other: 1 },
  },
  labels: { b: "1", a: "2" },
  other: 1,
  name: "p",
  mesh: "m",
  type: "MeshPassthrough",
};
const SPEC =
  '{"targetRef":{"kind":"MeshSubset","tags":{"a":"2","b":"1"},"proxyTypes":["Sidecar"]},"default":{"passthroughMode":"Matched","appendMatch":[{"type":"Domain","value":"a.test","port":443,"protocol":"tls"}]}}';
const DATAPLANE = {
  type: "Dataplane",
  name: "d",
  mesh: "m",
  other: 1,
  networking: { inbound: [{ tags: { b: "1", a: "2" }, port: 80 }], address: "10.0.0.1", other: 1 },
};
const NETWORKING = '{"address":"10.0.0.1","inbound":[{"port":80,"tags":{"a":"2","b":"1"}}]}';

describe("as the REST API prints it", () => {
  const printed = (resource: object, times = false) => JSON.stringify(kumaRestView(resource, { times }));

  test("fields in their order, without what Kuma does not know", () => {
    expect(printed(POLICY)).toBe(
      `{"type":"MeshPassthrough","mesh":"m","name":"p","labels":{"a":"2","b":"1"},"spec":${SPEC}}`,
    );
    expect(printed(DATAPLANE)).toBe(`{"type":"Dataplane","mesh":"m","name":"d","networking":${NETWORKING}}`);
  });

  test("a Mesh has no mesh, and fields of its own", () => {
    const mesh = { type: "Mesh", name: "m", networking: { address: "x", outbound: { passthrough: false } } };
    expect(printed(mesh)).toBe('{"type":"Mesh","name":"m","networking":{"outbound":{"passthrough":false}}}');
  });

  test("with times, those of the document or the first of all", () => {
    expect(printed({ type: "Mesh", name: "m" }, true)).toBe(
      '{"type":"Mesh","name":"m","creationTime":"0001-01-01T00:00:00Z","modificationTime":"0001-01-01T00:00:00Z"}',
    );
    const at = { creationTime: "2024-01-01T00:00:00Z", modificationTime: "2024-01-02T00:00:00Z" };
    expect(kumaRestView({ type: "Mesh", name: "m", ...at }, { times: true })).toMatchObject(at);
    expect(printed({ type: "Mesh", name: "m", ...at })).toBe('{"type":"Mesh","name":"m"}');
  });

  test("`default` is always there, an empty list never", () => {
    const empty = { type: "MeshPassthrough", name: "p", mesh: "" };
    expect(printed(empty)).toBe('{"type":"MeshPassthrough","name":"p","spec":{"default":{}}}');
    expect(printed({ ...empty, spec: { default: { appendMatch: [] } } })).toBe(printed(empty));
    expect(printed({ ...empty, spec: { targetRef: { kind: "Mesh", labels: { b: "1", a: "2" } } } })).toBe(
      '{"type":"MeshPassthrough","name":"p","spec":{"targetRef":{"kind":"Mesh","labels":{"a":"2","b":"1"}},"default":{}}}',
    );
  });

  test("a selector with all that it can have", () => {
    const targetRef = {
      kind: "MeshService",
      name: "n",
      tags: { a: "1" },
      mesh: "m",
      proxyTypes: ["Gateway"],
      namespace: "s",
      labels: { a: "1" },
      sectionName: "80",
    };
    const turned = Object.fromEntries(Object.entries(targetRef).toReversed());
    expect(printed({ type: "MeshPassthrough", name: "p", spec: { targetRef: turned } })).toBe(
      `{"type":"MeshPassthrough","name":"p","spec":{"targetRef":${JSON.stringify(targetRef)},"default":{}}}`,
    );
  });

  test("what cannot be decoded has no fields of its own", () => {
    expect(printed({ ...DATAPLANE, networking: 1 })).toBe('{"type":"Dataplane","mesh":"m","name":"d"}');
  });
});

describe("as it is stored on Kubernetes", () => {
  const stored = (resource: object) => JSON.stringify(kumaKubernetesView(resource, "shop"));

  test("a policy names its mesh in a label, a Dataplane in a field, a Mesh has no namespace", () => {
    const version = '"apiVersion":"kuma.io/v1alpha1"';
    expect(stored(POLICY)).toBe(
      `{"kind":"MeshPassthrough",${version},"metadata":{"name":"p","namespace":"shop","labels":{"kuma.io/mesh":"m"}},"spec":${SPEC}}`,
    );
    expect(stored(DATAPLANE)).toBe(
      `{"kind":"Dataplane",${version},"metadata":{"name":"d","namespace":"shop"},"mesh":"m","spec":{"networking":${NETWORKING}}}`,
    );
    expect(stored({ type: "Mesh", name: "m" })).toBe(`{"kind":"Mesh",${version},"metadata":{"name":"m"},"spec":{}}`);
  });
});
