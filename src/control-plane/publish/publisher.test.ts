import { describe, expect, test } from "vitest";
import { decodeEffectivePolicy, encodeEffectivePolicy } from "../../compile/agent/index.ts";
import { policyRef } from "../../policy/model/index.ts";
import { encodeResource, TYPE_URLS } from "../../xds/index.ts";
import type { RegisteredProxy } from "../registry/index.ts";
import { Registry } from "../registry/index.ts";
import { readText, type Store, type StoreChange } from "../store/index.ts";
import { Publisher } from "./publisher.ts";

const context = { systemNamespace: "kuma-system" };
const put = (document: object): StoreChange => {
  const [read] = readText("test", JSON.stringify(document), context).resources;
  if (read === undefined) throw new Error(`not a resource: ${JSON.stringify(document)}`);
  return {
    kind: "put",
    stored: { resource: read.resource, labels: {}, fields: {}, creationTime: "", modificationTime: "" },
  };
};
const policy = (port: number) =>
  put({
    type: "MeshPassthrough",
    mesh: "m",
    name: "p",
    spec: {
      default: {
        passthroughMode: "Matched",
        appendMatch: [
          { type: "Domain", value: "example.com", port, protocol: "http" },
          { type: "IP", value: "10.0.0.1", protocol: "tcp" },
        ],
      },
    },
  });
const dataplane = (mesh: string, name: string, redirectPortOutbound = 15001) =>
  put({
    type: "Dataplane",
    mesh,
    name,
    networking: {
      address: "10.0.0.1",
      inbound: [{ port: 80, tags: { "kuma.io/service": "web" } }],
      transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound },
    },
  });

function world() {
  let listener: (changes: readonly StoreChange[]) => void = () => {};
  const store: Store = {
    readOnly: undefined,
    view: { get: () => undefined, has: () => false, list: () => [], ofMesh: () => [] },
    problems: () => [],
    write: () => Promise.reject(new Error("no")),
    watch: (one) => {
      listener = one;
    },
    close: async () => {},
  };
  const registry = new Registry(store, context);
  const publisher = new Publisher(registry);
  registry.onChange(() => publisher.refresh());
  const get = (node: string, type: string) => publisher.snapshotFor(node).get(type);
  return { registry, publisher, get, make: (...changes: StoreChange[]) => listener(changes) };
}

const whole = ({ dataplane: { meta, transparentProxying }, effective, policies }: RegisteredProxy) =>
  encodeEffectivePolicy({
    mesh: meta.mesh,
    proxy: meta.name,
    policy: effective,
    policies: policies.map((one) => policyRef(one)),
    redirectPortOutbound: transparentProxying?.redirectPortOutbound ?? 0,
    ipFamilyMode: transparentProxying?.ipFamilyMode ?? "UnSpecified",
  });

describe("for agents", () => {
  test("each proxy's resource is, byte for byte, what encoding it whole gives", () => {
    const { registry, get, make } = world();
    make(policy(80), dataplane("m", "a"), dataplane("m", "b", 15009), dataplane("other", "c"));
    const set = get("any", TYPE_URLS.effectivePolicy);
    expect([...(set?.keys() ?? [])]).toEqual(["m/a", "m/b", "other/c"]);
    for (const proxy of registry.proxies()) {
      expect(decodeEffectivePolicy(whole(proxy))).toMatchObject({ ok: true });
      const { field, body } = set?.get(proxy.id) ?? { field: Buffer.alloc(0) };
      const { field: expected } = encodeResource(TYPE_URLS.effectivePolicy, proxy.id, whole(proxy));
      expect(Buffer.concat([field, body?.bytes ?? Buffer.alloc(0)])).toEqual(Buffer.from(expected));
    }
  });

  test("proxies that enforce the same share what is large, whatever they are called", () => {
    const { get, make } = world();
    make(policy(80), dataplane("m", "a"), dataplane("m", "b"), dataplane("m", "c", 15009));
    const of = (id: string) => get("", TYPE_URLS.effectivePolicy)?.get(id);
    expect(of("m/a")?.body).toBeDefined();
    expect(of("m/b")?.body).toBe(of("m/a")?.body);
    expect(of("m/c")?.body).not.toBe(of("m/a")?.body);
    expect(of("m/b")?.hash).not.toBe(of("m/a")?.hash);
  });

  test("what a change does not touch keeps its bytes, and a proxy that is gone is no longer there", () => {
    const { get, make } = world();
    make(policy(80), dataplane("m", "a"), dataplane("other", "c"));
    const of = (id: string) => get("", TYPE_URLS.effectivePolicy)?.get(id);
    const [a, c] = [of("m/a"), of("other/c")];
    make(policy(81));
    expect(of("other/c")).toBe(c);
    expect(of("m/a")?.hash).not.toBe(a?.hash);
    make(policy(80));
    expect(of("m/a")?.hash).toBe(a?.hash);
    make({ kind: "delete", key: { type: "Dataplane", mesh: "m", name: "a" } });
    expect(of("m/a")).toBeUndefined();
  });
});

describe("for an Envoy without an agent", () => {
  const names = (set: ReadonlyMap<string, unknown> | undefined) => [...(set?.keys() ?? [])];

  test("one listener, by its node id; an unknown one gets nothing", () => {
    const { get, make } = world();
    make(policy(80), dataplane("m", "a"));
    expect(names(get("m.a", TYPE_URLS.listener))).toEqual(["mp:out"]);
    expect(names(get("m.a", TYPE_URLS.route))).toEqual(["http-80"]);
    expect(get("m.a", TYPE_URLS.cluster)?.size).toBeGreaterThan(0);
    for (const type of [TYPE_URLS.listener, TYPE_URLS.route, TYPE_URLS.cluster]) {
      expect(get("m.b", type)).toBeUndefined();
      expect(get("", type)).toBeUndefined();
    }
  });

  test("meshes and names with dots are found", () => {
    const { publisher, make } = world();
    make(dataplane("a.b", "c.d"), dataplane("a", "x.y"));
    expect(publisher.proxyOfNode("a.b.c.d")).toBe("a.b/c.d");
    expect(publisher.proxyOfNode("a.x.y")).toBe("a/x.y");
    expect(publisher.proxyOfNode("a.b.c")).toBeUndefined();
  });

  test("proxies that enforce the same share their resources", () => {
    const { get, make } = world();
    make(policy(80), dataplane("m", "a"), dataplane("m", "b"));
    expect(get("m.a", TYPE_URLS.listener)).toBe(get("m.b", TYPE_URLS.listener));
  });

  test("a change concerns those resources alone that say something else", () => {
    const { get, make } = world();
    make(policy(80), dataplane("m", "a"));
    const all = () =>
      [TYPE_URLS.cluster, TYPE_URLS.listener, TYPE_URLS.route].flatMap((type) => [
        ...(get("m.a", type)?.values() ?? []),
      ]);
    const before = new Set(all());
    make(policy(80), dataplane("m", "b"));
    expect(all().filter((one) => !before.has(one))).toEqual([]);
    make(policy(81));
    expect(
      all()
        .filter((one) => !before.has(one))
        .map(({ name }) => name),
    ).toEqual(["mp:out", "http-80", "http-81"]);
  });

  test("a port that lost its last HTTP rule keeps its chain: connections may be on it", () => {
    const { get, make } = world();
    make(policy(80), dataplane("m", "a"));
    get("m.a", TYPE_URLS.route);
    make(policy(81));
    expect(names(get("m.a", TYPE_URLS.route))).toEqual(["http-80", "http-81"]);
  });

  test("a proxy on which nothing is enforced gets empty sets, and so loses what it had", () => {
    const { get, make } = world();
    make(policy(80), dataplane("m", "a", 0));
    for (const type of [TYPE_URLS.listener, TYPE_URLS.route, TYPE_URLS.cluster]) expect(get("m.a", type)?.size).toBe(0);
  });
});
