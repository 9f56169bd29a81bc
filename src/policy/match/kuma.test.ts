import { expect, test } from "vitest";
import type { Dataplane, MeshPassthrough, Meta } from "../model/index.ts";
import { kumaSelectPolicies, kumaSelects } from "./kuma.ts";
import { selects } from "./selects.ts";

const meta = (name: string): Meta => ({
  form: "universal",
  mesh: "default",
  name,
  displayName: name,
  labels: {},
  annotations: {},
});
const policy = (name: string): MeshPassthrough => ({ type: "MeshPassthrough", meta: meta(name), rules: [] });
const subset = (tags: Record<string, string>): MeshPassthrough => ({
  ...policy("subset"),
  targetRef: { kind: "MeshSubset", tags },
});
const proxy = (...inbound: Dataplane["inbound"]): Dataplane => ({
  type: "Dataplane",
  meta: meta("dp"),
  address: "10.0.0.1",
  inbound,
});

test("a sidecar whose inbounds are all ignored is selected by nothing, here it is", () => {
  const ignored = proxy({ port: 80, tags: {}, state: "Ignored" });
  expect(kumaSelects(policy("p"), ignored)).toEqual({ selected: false, because: { kind: "tags", missing: {} } });
  expect(selects(policy("p"), ignored).selected).toBe(true);
});

test("tags of an ignored inbound select nothing, others do", () => {
  const dataplane = proxy(
    { port: 80, tags: { a: "1" }, state: "Ignored" },
    { port: 81, tags: { b: "1" }, state: "NotReady" },
  );
  expect(kumaSelects(subset({ a: "1" }), dataplane).selected).toBe(false);
  expect(kumaSelects(subset({ b: "1" }), dataplane).selected).toBe(true);
});

test("policies count as those of the proxy's mesh, and only what selects is merged", () => {
  const other = { ...policy("p"), meta: { ...meta("p"), mesh: "other" } };
  const dataplane = proxy({ port: 80, tags: { a: "1" } });
  expect(kumaSelects(other, dataplane).selected).toBe(true);
  const all = [subset({ a: "1" }), subset({ a: "2" }), policy("q"), other];
  expect(kumaSelectPolicies(all, dataplane).map(({ meta: { name } }) => name)).toEqual(["q", "p", "subset"]);
});

test("a gateway has no inbounds, and is selected all the same", () => {
  const gateway: Dataplane = { ...proxy(), gateway: { type: "DELEGATED", tags: { a: "1" } } };
  expect(kumaSelectPolicies([subset({ a: "1" }), policy("p")], gateway).map(({ meta: { name } }) => name)).toEqual([
    "p",
    "subset",
  ]);
});
