import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withComputedLabels } from "../../policy/labels/index.ts";
import { effectivePolicy } from "../../policy/merge/index.ts";
import type { Dataplane, Mesh, MeshPassthrough, Resource } from "../../policy/model/index.ts";
import { keyOf, type Problem, readText, type Store, type StoreChange, type Stored } from "../store/index.ts";
import { Registry } from "./registry.ts";

const context = { systemNamespace: "kuma-system", zone: "east" };

function resource(document: object): Resource {
  const [read] = readText("test", JSON.stringify(document), context).resources;
  if (read === undefined) throw new Error(`not a resource: ${JSON.stringify(document)}`);
  return read.resource;
}
const stored = (of: Resource): Stored => ({
  resource: of,
  labels: {},
  fields: {},
  creationTime: "",
  modificationTime: "",
});
const put = (document: object): StoreChange => ({ kind: "put", stored: stored(resource(document)) });

const mesh = (name: string, passthrough?: boolean) => ({
  type: "Mesh",
  name,
  ...(passthrough === undefined ? {} : { networking: { outbound: { passthrough } } }),
});
const policy = (of: string, name: string, passthroughMode: string, tags?: object) => ({
  type: "MeshPassthrough",
  mesh: of,
  name,
  spec: {
    targetRef: tags === undefined ? { kind: "Mesh" } : { kind: "MeshSubset", tags },
    default: { passthroughMode, appendMatch: [{ type: "IP", value: "10.0.0.1", protocol: "tcp" }] },
  },
});
const dataplane = (of: string, name: string, service: string, transparent = true) => ({
  type: "Dataplane",
  mesh: of,
  name,
  networking: {
    address: "10.0.0.1",
    inbound: [{ port: 80, tags: { "kuma.io/service": service } }],
    ...(transparent ? { transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 } } : {}),
  },
});

/** A store of nothing but changes. */
function world() {
  let problems: Problem[] = [];
  let listener: (changes: readonly StoreChange[]) => void = () => {};
  const all = new Map<string, Resource>();
  const store: Store = {
    readOnly: undefined,
    view: { get: () => undefined, has: () => false, list: () => [], ofMesh: () => [] },
    problems: () => problems,
    write: () => Promise.reject(new Error("no")),
    watch: (one) => {
      listener = one;
    },
    close: async () => {},
  };
  const registry = new Registry(store, context);
  let changes = 0;
  registry.onChange(() => changes++);
  return {
    registry,
    all,
    heard: () => changes,
    make: (...made: StoreChange[]) => {
      for (const change of made) {
        if (change.kind === "put") all.set(JSON.stringify(keyOf(change.stored.resource)), change.stored.resource);
        else all.delete(JSON.stringify(change.key));
      }
      listener(made);
    },
    setProblems: (of: Problem[]) => {
      problems = of;
      listener([]);
    },
  };
}

const word = fc.constantFrom("a", "b");
const document = fc.oneof(
  fc.tuple(word, fc.option(fc.boolean(), { nil: undefined })).map(([m, flag]) => mesh(m, flag)),
  fc
    .tuple(
      word,
      word,
      fc.constantFrom("All", "None", "Matched"),
      fc.option(fc.record({ "kuma.io/service": word }), { nil: undefined }),
    )
    .map((of) => policy(...of)),
  fc.tuple(word, word, word, fc.boolean()).map((of) => dataplane(...of)),
);
const change: fc.Arbitrary<StoreChange> = fc
  .tuple(document, fc.boolean())
  .map(([of, isPut]) => (isPut ? put(of) : { kind: "delete", key: keyOf(resource(of)) }));

describe("a registry", () => {
  test("law: after any changes it is as if everything had been computed anew", () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 15 }), (batches) => {
        const { registry, make, all } = world();
        for (const batch of batches) make(...batch);
        const resources = [...all.values()].map((one) => withComputedLabels(one, context));
        const policies = resources.filter((one): one is MeshPassthrough => one.type === "MeshPassthrough");
        const meshes = resources.filter((one): one is Mesh => one.type === "Mesh");
        const expected = resources
          .filter((one): one is Dataplane => one.type === "Dataplane")
          .map((one) => [
            `${one.meta.mesh}/${one.meta.name}`,
            effectivePolicy(
              meshes.find(({ meta }) => meta.name === one.meta.mesh),
              policies,
              one,
            ),
          ]);
        const got = registry.proxies().map(({ id, effective }) => [id, effective]);
        expect(Object.fromEntries(got)).toEqual(Object.fromEntries(expected));
      }),
      { numRuns: 500 },
    );
  });

  test("equal proxies share one effective policy, and what a change does not touch keeps its own", () => {
    const { registry, make } = world();
    make(put(mesh("m")), put(policy("m", "p", "None", { "kuma.io/service": "web" })));
    make(...["1", "2"].map((n) => put(dataplane("m", `web-${n}`, "web"))), put(dataplane("m", "db", "db")));
    const effective = (name: string) => registry.proxy(`m/${name}`)?.effective;
    expect(effective("web-1")).toBe(effective("web-2"));
    expect(effective("db")?.mode).toEqual({ value: "All", source: "mesh" });
    const [web, db] = [effective("web-1"), effective("db")];
    make(put(policy("m", "p", "All", { "kuma.io/service": "web" })));
    expect(effective("web-1")).not.toBe(web);
    expect(effective("web-1")).toBe(effective("web-2"));
    expect(effective("db")).toBe(db);
  });

  test("while the resources of a mesh are not complete, its proxies are not known; others are", () => {
    const { registry, make, setProblems, heard } = world();
    make(put(mesh("a")), put(dataplane("a", "p", "s")), put(mesh("b")), put(dataplane("b", "p", "s")));
    setProblems([{ mesh: "a", message: "broken" }]);
    expect(registry.proxies().map(({ id }) => id)).toEqual(["b/p"]);
    setProblems([{ message: "broken" }]);
    expect(registry.proxies()).toEqual([]);
    const before = heard();
    setProblems([]);
    expect(heard()).toBe(before + 1);
    expect(registry.proxies().map(({ id }) => id)).toEqual(["a/p", "b/p"]);
  });

  test("labels are computed for the zone, so a policy of another zone selects nothing here", () => {
    const { registry, make } = world();
    make(put(dataplane("m", "p", "s")), put(policy("m", "p", "None")));
    expect(registry.proxy("m/p")?.dataplane.meta.labels).toMatchObject({ "kuma.io/zone": "east" });
    expect(registry.proxy("m/p")?.dataplane.inbound[0]?.tags).toMatchObject({ "kuma.io/zone": "east" });
    expect(registry.proxy("m/p")?.effective.mode.value).toBe("None");
  });
});
