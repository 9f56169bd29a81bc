import { expect, test } from "vitest";
import { dataplane, meta, policy } from "../../../test/laws/builders.ts";
import type { Labels } from "../model/index.ts";
import { SelectionIndex } from "./selection-index.ts";

const proxy = (name: string, tags: Labels) => dataplane({ meta: meta(name), inbound: [{ port: 80, tags }] });
const subset = (name: string, tags: Labels) => policy(name, { targetRef: { kind: "MeshSubset", tags } });
const namesOf = (index: SelectionIndex, name: string) => index.groupOf(name)?.policies.map(({ meta }) => meta.name);

test("proxies are told apart by the tags that a policy asks for, and by no others", () => {
  const index = new SelectionIndex();
  index.putProxy(proxy("w1", { "kuma.io/service": "web", pod: "w1" }));
  index.putProxy(proxy("w2", { pod: "w2", "kuma.io/service": "web" }));
  index.putProxy(proxy("d1", { "kuma.io/service": "db" }));
  const areTogether = (a: string, b: string) => index.groupOf(a) === index.groupOf(b);
  expect([areTogether("w1", "w2"), areTogether("w1", "d1")]).toEqual([true, true]);
  index.putPolicy(subset("web", { "kuma.io/service": "web" }));
  expect([areTogether("w1", "w2"), areTogether("w1", "d1")]).toEqual([true, false]);
  index.putPolicy(subset("one", { pod: "w2" }));
  expect([areTogether("w1", "w2"), namesOf(index, "w1"), namesOf(index, "w2")]).toEqual([
    false,
    ["web"],
    ["web", "one"],
  ]);
  index.putPolicy(policy("one"));
  expect([areTogether("w1", "w2"), namesOf(index, "w1"), namesOf(index, "d1")]).toEqual([
    true,
    ["one", "web"],
    ["one"],
  ]);
});

test("a policy is found by each of its tags, and by a tag of any value", () => {
  const index = new SelectionIndex();
  for (const [name, tags] of [
    ["both", { env: "prod", version: "1" }],
    ["any", { version: "*" }],
    ["none", {}],
  ] as const)
    index.putPolicy(subset(name, tags));
  index.putProxy(proxy("p", { env: "prod", version: "1" }));
  index.putProxy(proxy("q", { env: "prod", version: "2" }));
  index.putProxy(proxy("r", { env: "prod" }));
  expect(["p", "q", "r"].map((name) => namesOf(index, name))).toEqual([
    ["none", "both", "any"],
    ["none", "any"],
    ["none"],
  ]);
});

test("changes are told once: groups with other policies, and proxies that were written or are gone", () => {
  const index = new SelectionIndex();
  index.putProxy(proxy("p", { env: "prod" }));
  index.putPolicy(subset("prod", { env: "prod" }));
  const [told, again] = [index.takeChanges(), index.takeChanges()];
  expect([...told.proxies]).toEqual(["p"]);
  expect([...told.groups].filter(({ proxies }) => proxies.size > 0)).toEqual([index.groupOf("p")]);
  expect([again.proxies.size, again.groups.size]).toEqual([0, 0]);
  index.putPolicy(subset("dev", { env: "dev" }));
  expect(index.takeChanges().groups.size).toBe(0);
  index.deleteProxy("p");
  expect([...index.takeChanges().groups].map(({ proxies }) => proxies.size)).toEqual([0]);
  expect(index.groupOf("p")).toBeUndefined();
});

test("a policy that is written anew takes the place that it has now", () => {
  const index = new SelectionIndex();
  index.putProxy(proxy("p", { env: "prod" }));
  index.putProxy(proxy("q", { env: "dev" }));
  for (const name of ["a", "b", "c"]) index.putPolicy(policy(name));
  index.putPolicy(subset("of-prod", { env: "none" }));
  const prints = () => ["p", "q"].map((name) => index.groupOf(name)?.fingerprint);
  expect([namesOf(index, "p"), prints()[0] === prints()[1]]).toEqual([["c", "b", "a"], true]);
  const [before] = prints();
  const again = policy("b", { mode: "All" });
  index.putPolicy(again);
  expect(namesOf(index, "p")).toEqual(["c", "b", "a"]);
  expect(index.groupOf("p")?.policies[1]).toBe(again);
  expect([prints()[0] === prints()[1], prints()[0] === before]).toEqual([true, false]);
  index.putPolicy(subset("c", { env: "prod" }));
  expect([namesOf(index, "p"), namesOf(index, "q")]).toEqual([
    ["b", "a", "c"],
    ["b", "a"],
  ]);
  index.takeChanges();
  index.deletePolicy("c");
  expect([...index.takeChanges().groups]).toEqual([index.groupOf("p")]);
  expect([namesOf(index, "p"), prints()[0] === prints()[1]]).toEqual([["b", "a"], true]);
});

test("the order of tags and inbounds tells nothing apart, nor does a tag that is asked for no more", () => {
  const index = new SelectionIndex();
  index.putPolicy(subset("both", { env: "prod", version: "1" }));
  const inbounds = (name: string, ...tags: Labels[]) =>
    dataplane({ meta: meta(name), inbound: tags.map((one, i) => ({ port: 80 + i, tags: one })) });
  index.putProxy(inbounds("p", { env: "prod", version: "1" }, { env: "dev" }));
  index.putProxy(inbounds("q", { env: "dev" }, { version: "1", env: "prod" }, { env: "dev" }));
  index.putProxy(inbounds("r", { env: "dev" }));
  const areTogether = (a: string, b: string) => index.groupOf(a) === index.groupOf(b);
  expect([areTogether("p", "q"), areTogether("p", "r")]).toEqual([true, false]);
  index.deletePolicy("both");
  expect(areTogether("p", "r")).toBe(true);
});

test("a proxy that is written anew is the one that is kept, and is told also where nothing else changes", () => {
  const index = new SelectionIndex();
  index.putProxy(proxy("p", {}));
  index.putProxy(proxy("q", {}));
  index.takeChanges();
  const again = proxy("p", { pod: "x" });
  index.putProxy(again);
  expect(index.groupOf("p")?.proxies.get("p")).toBe(again);
  expect([...index.takeChanges().proxies]).toEqual(["p"]);
  index.deleteProxy("p");
  const { proxies, groups } = index.takeChanges();
  expect([[...proxies], groups.size]).toEqual([["p"], 0]);
});

test("a proxy is told that joins a group as its tags are no longer asked for", () => {
  const index = new SelectionIndex();
  index.putProxy(proxy("p", { env: "prod" }));
  index.putProxy(proxy("q", {}));
  index.putPolicy(subset("prod", { env: "prod" }));
  index.takeChanges();
  index.deletePolicy("prod");
  expect([...index.takeChanges().proxies]).toEqual(["p"]);
  expect(index.groupOf("p")).toBe(index.groupOf("q"));
});

test("a proxy that is written anew with the tags that it has is selected as before, and by what comes after", () => {
  const index = new SelectionIndex();
  index.putPolicy(policy("a"));
  index.putProxy(proxy("p", { env: "prod" }));
  index.putProxy(proxy("p", { env: "prod" }));
  index.putPolicy(policy("b"));
  expect(namesOf(index, "p")).toEqual(["b", "a"]);
});

test("a policy in another's place leaves equal fingerprints to groups old and new", () => {
  const index = new SelectionIndex();
  index.putPolicy(subset("other", { env: "none" }));
  index.putPolicy(policy("a"));
  index.putProxy(proxy("p", { env: "prod" }));
  index.putPolicy(policy("a", { mode: "All" }));
  index.putProxy(proxy("q", { env: "dev" }));
  expect(index.groupOf("q")).not.toBe(index.groupOf("p"));
  expect(index.groupOf("q")?.fingerprint).toBe(index.groupOf("p")?.fingerprint);
});

test("a proxy whose inbounds share a tag goes, and leaves nothing behind", () => {
  const index = new SelectionIndex();
  index.putPolicy(subset("web", { env: "prod", version: "1" }));
  const inbound = ["1", "2"].map((version, i) => ({ port: 80 + i, tags: { env: "prod", version } }));
  index.putProxy(dataplane({ meta: meta("p"), inbound }));
  expect(namesOf(index, "p")).toEqual(["web"]);
  index.deleteProxy("p");
  index.putPolicy(subset("web", { env: "prod" }));
  expect(index.groupOf("p")).toBeUndefined();
});
