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
