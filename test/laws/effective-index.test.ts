import fc from "fast-check";
import { expect, test } from "vitest";
import { selectPolicies } from "../../src/policy/match/index.ts";
import { EffectiveIndex, effectivePolicy, type Merged } from "../../src/policy/merge/index.ts";
import type { Dataplane, Mesh, MeshPassthrough } from "../../src/policy/model/index.ts";
import { dataplane, mesh, meshPassthrough } from "./arbitraries.ts";

type Step =
  | { readonly kind: "put policy"; readonly policy: MeshPassthrough }
  | { readonly kind: "put proxy"; readonly proxy: Dataplane }
  | { readonly kind: "delete policy" | "delete proxy"; readonly name: string }
  | { readonly kind: "mesh"; readonly mesh: Mesh | undefined }
  | { readonly kind: "refresh" };

const proxyName = fc.constantFrom("p1", "p2", "p3", "p4", "p5");
const named = (proxy: Dataplane, name: string): Dataplane => ({ ...proxy, meta: { ...proxy.meta, name } });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("put policy" as const), policy: meshPassthrough }) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(dataplane, proxyName)
      .map(([one, name]) => ({ kind: "put proxy" as const, proxy: named(one, name) })),
  },
  meshPassthrough.map(({ meta }) => ({ kind: "delete policy" as const, name: meta.name })),
  proxyName.map((name) => ({ kind: "delete proxy" as const, name })),
  fc.record({ kind: fc.constant("mesh" as const), mesh: fc.option(mesh, { nil: undefined }) }),
  { weight: 3, arbitrary: fc.constant({ kind: "refresh" as const }) },
);

/** The same resources, kept in the plainest way. */
class World {
  readonly index = new EffectiveIndex();
  readonly policies = new Map<string, MeshPassthrough>();
  readonly proxies = new Map<string, Dataplane>();
  mesh: Mesh | undefined;

  apply(step: Exclude<Step, { kind: "refresh" }>): void {
    switch (step.kind) {
      case "put policy":
        this.policies.set(step.policy.meta.name, step.policy);
        this.index.putPolicy(step.policy);
        break;
      case "put proxy":
        this.proxies.set(step.proxy.meta.name, step.proxy);
        this.index.putProxy(step.proxy);
        break;
      case "delete policy":
        this.policies.delete(step.name);
        this.index.deletePolicy(step.name);
        break;
      case "delete proxy":
        this.proxies.delete(step.name);
        this.index.deleteProxy(step.name);
        break;
      case "mesh":
        this.mesh = step.mesh;
        this.index.setMesh(step.mesh);
        break;
    }
  }

  merged(): Map<string, Merged | undefined> {
    return new Map(["p1", "p2", "p3", "p4", "p5"].map((name) => [name, this.index.of(name)]));
  }

  /** Everything that the index says is what is computed anew. */
  expectSound(): void {
    const policies = [...this.policies.values()];
    const shared = new Map<string, unknown>();
    for (const [name, merged] of this.merged()) {
      const proxy = this.proxies.get(name);
      if (proxy === undefined) {
        expect(merged).toBeUndefined();
        continue;
      }
      expect(merged?.effective).toEqual(effectivePolicy(this.mesh, policies, proxy));
      expect(merged?.policies).toEqual(selectPolicies(policies, proxy));
      const what = JSON.stringify([merged?.effective.enforced, merged?.policies.map(({ meta }) => meta.name)]);
      expect(shared.get(what) ?? merged?.effective).toBe(merged?.effective);
      shared.set(what, merged?.effective);
    }
    expect(this.index.distinct).toBe(new Set(shared.values()).size);
  }
}

test("law: after any changes the index says what is computed anew, shares it, and tells what has changed", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const world = new World();
      let before = world.merged();
      for (const one of [...steps, { kind: "refresh" } as const]) {
        if (one.kind !== "refresh") {
          world.apply(one);
          continue;
        }
        const names = world.index.refresh();
        const told = new Set(names);
        expect(names.length).toBe(told.size);
        const after = world.merged();
        for (const [name, merged] of after)
          if (!told.has(name)) expect(merged?.effective).toBe(before.get(name)?.effective);
        world.expectSound();
        before = after;
      }
    }),
    { numRuns: 1000 },
  );
});

test("a change that concerns some proxies tells of those alone", () => {
  const [one] = fc.sample(dataplane, 1);
  const [general] = fc.sample(meshPassthrough, 1);
  if (one === undefined || general === undefined) throw new Error("nothing generated");
  const proxy = (name: string, service: string): Dataplane => {
    const { gateway: _, ...sidecar } = named(one, name);
    return { ...sidecar, inbound: [{ port: 80, tags: { "kuma.io/service": service, "pod-name": name } }] };
  };
  const policy = (name: string, targetRef: MeshPassthrough["targetRef"]): MeshPassthrough => ({
    ...general,
    meta: { ...general.meta, mesh: "default", name, labels: {} },
    targetRef: targetRef ?? { kind: "Mesh" },
  });
  const index = new EffectiveIndex();
  index.putPolicy(policy("all", { kind: "Mesh" }));
  for (const [name, service] of [
    ["w1", "web"],
    ["w2", "web"],
    ["d1", "db"],
  ] as const)
    index.putProxy(proxy(name, service));
  expect([...index.refresh()].sort()).toEqual(["d1", "w1", "w2"]);
  expect([...index.refresh()]).toEqual([]);
  index.putPolicy(policy("web", { kind: "MeshSubset", tags: { "kuma.io/service": "web" } }));
  index.refresh();
  const database = index.of("d1");
  index.putPolicy(policy("web", { kind: "MeshSubset", tags: { "kuma.io/service": "web" } }));
  expect([...index.refresh()].sort()).toEqual(["w1", "w2"]);
  index.putPolicy(policy("one", { kind: "MeshSubset", tags: { "pod-name": "w2" } }));
  index.refresh();
  expect([index.of("w1"), index.of("w2")].map((merged) => merged?.policies.length)).toEqual([2, 3]);
  index.deletePolicy("one");
  index.refresh();
  expect(index.of("w1")).toBe(index.of("w2"));
  expect(index.of("d1")).toBe(database);
});
