import { expect, test } from "vitest";
import { dataplane, mesh, meta, policy } from "../../../test/laws/builders.ts";
import type { Dataplane } from "../model/index.ts";
import { EffectiveIndex } from "./effective-index.ts";

const proxy = (name: string, changes: Partial<Dataplane> = {}): Dataplane =>
  dataplane({ meta: meta(name), ...changes });

test("proxies that differ only in whether anything is enforced on them are told apart", () => {
  const index = new EffectiveIndex();
  const off = { redirectPortOutbound: 0, redirectPortInbound: 0, ipFamilyMode: "IPv4" } as const;
  index.putProxy(proxy("on"));
  index.putProxy(proxy("off", { transparentProxying: off }));
  index.putPolicy(policy("p", { mode: "None" }));
  index.refresh();
  expect(index.of("on")?.effective.enforced).toBe(true);
  expect(index.of("off")?.effective.enforced).toEqual({ not: "no transparent proxy" });
});

test("what the Mesh says changes proxies that no policy selects, once, and no others", () => {
  const index = new EffectiveIndex();
  index.putProxy(proxy("free"));
  index.putProxy(proxy("held", { inbound: [{ port: 1, tags: { a: "1" } }] }));
  index.putPolicy(policy("p", { mode: "All", targetRef: { kind: "MeshSubset", tags: { a: "1" } } }));
  expect([...index.refresh()].sort()).toEqual(["free", "held"]);
  expect(index.refresh()).toEqual([]);
  index.setMesh(mesh(true));
  index.refresh();
  const held = index.of("held");
  index.setMesh(mesh(false));
  expect(index.refresh()).toEqual(["free"]);
  expect([index.of("free")?.effective.mode.value, index.of("held")]).toEqual(["None", held]);
  index.setMesh(mesh(false));
  expect(index.refresh()).toEqual([]);
});

test("what is merged is one object as long as the same policies select, and goes with its last proxy", () => {
  const index = new EffectiveIndex();
  index.putPolicy(policy("p", { mode: "All" }));
  for (const name of ["a", "b"]) index.putProxy(proxy(name, { inbound: [{ port: 1, tags: { a: name } }] }));
  index.putPolicy(policy("q", { mode: "None", targetRef: { kind: "MeshSubset", tags: { a: "none" } } }));
  index.refresh();
  expect(index.of("a")).toBe(index.of("b"));
  expect(index.distinct).toBe(1);
  index.putPolicy(policy("q", { mode: "None", targetRef: { kind: "MeshSubset", tags: { a: "b" } } }));
  expect(index.refresh()).toEqual(["b"]);
  expect(index.distinct).toBe(2);
  index.deleteProxy("b");
  expect(index.refresh()).toEqual(["b"]);
  expect([index.of("b"), index.of("nobody"), index.distinct]).toEqual([undefined, undefined, 1]);
});

const tagged = (name: string, ...tags: string[]): Dataplane =>
  proxy(name, { inbound: [{ port: 1, tags: Object.fromEntries(tags.map((tag) => [tag, "1"])) }] });
const asking = (name: string, tag: string) =>
  policy(name, { mode: "All", targetRef: { kind: "MeshSubset", tags: { [tag]: "1" } } });

test("why nothing is enforced is told apart too", () => {
  const index = new EffectiveIndex();
  const off = { redirectPortOutbound: 0, redirectPortInbound: 0, ipFamilyMode: "IPv4" } as const;
  index.putProxy(proxy("off", { transparentProxying: off, gateway: { type: "DELEGATED", tags: {} } }));
  index.putProxy(proxy("builtin", { gateway: { type: "BUILTIN", tags: {} } }));
  index.refresh();
  expect(index.of("off")?.effective.enforced).toEqual({ not: "no transparent proxy" });
  expect(index.of("builtin")?.effective.enforced).toEqual({ not: "builtin gateway" });
});

test("different policies are told apart where their fingerprints are equal, and go one by one", () => {
  const index = new EffectiveIndex();
  // Fingerprints are multiples: that of the first and the fourth is that of the second and the third.
  for (const [name, tag] of ["a", "b", "b", "a"].entries()) index.putPolicy(asking(`p${name + 1}`, tag));
  index.putPolicy(asking("other", "c"));
  index.putProxy(tagged("x", "a"));
  index.putProxy(tagged("y", "b"));
  index.refresh();
  const namesOf = (name: string) => index.of(name)?.policies.map(({ meta }) => meta.name);
  expect([namesOf("x"), namesOf("y"), index.distinct]).toEqual([["p4", "p1"], ["p3", "p2"], 2]);
  index.deleteProxy("x");
  index.refresh();
  expect([namesOf("y"), index.distinct]).toEqual([["p3", "p2"], 1]);
  index.putProxy(proxy("z", { inbound: [{ port: 1, tags: { b: "1", c: "2" } }] }));
  index.refresh();
  expect(index.of("z")).toBe(index.of("y"));
  expect(index.distinct).toBe(1);
});

test("nobody is told of a policy that came and went", () => {
  const index = new EffectiveIndex();
  index.putProxy(proxy("a"));
  index.refresh();
  index.putPolicy(policy("p", { mode: "All" }));
  index.deletePolicy("p");
  expect(index.refresh()).toEqual([]);
});

test("what the Mesh says does not tell apart those whom a policy selects", () => {
  const index = new EffectiveIndex();
  index.putPolicy(policy("p", { mode: "All" }));
  index.putPolicy(asking("other", "a"));
  index.setMesh(mesh(true));
  index.putProxy(tagged("x"));
  index.refresh();
  index.setMesh(mesh(false));
  index.putProxy(proxy("y", { inbound: [{ port: 1, tags: { a: "2" } }] }));
  index.refresh();
  expect(index.of("y")).toBe(index.of("x"));
});

test("a proxy that is gone is not counted again when the Mesh changes", () => {
  const index = new EffectiveIndex();
  index.putPolicy(asking("nobody", "a"));
  for (const name of ["x", "y", "z"]) index.putProxy(proxy(name, { inbound: [{ port: 1, tags: { a: name } }] }));
  index.setMesh(mesh(true));
  index.refresh();
  index.deleteProxy("x");
  index.refresh();
  index.setMesh(mesh(false));
  index.setMesh(mesh(true));
  index.refresh();
  index.deleteProxy("y");
  index.refresh();
  expect(index.distinct).toBe(1);
});

test("a proxy that joins others as their tags are no longer asked for is told", () => {
  const index = new EffectiveIndex();
  index.putProxy(proxy("free"));
  index.putProxy(tagged("held", "a"));
  index.putPolicy(asking("p", "a"));
  index.refresh();
  index.deletePolicy("p");
  expect(index.refresh()).toEqual(["held"]);
});
