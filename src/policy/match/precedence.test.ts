import { expect, test } from "vitest";
import { type PolicyOptions, policy } from "../../../test/laws/builders.ts";
import { comparePrecedence } from "./precedence.ts";

const subset: PolicyOptions = { targetRef: { kind: "MeshSubset", tags: { a: "1" } } };
const origin = (value: string): PolicyOptions => ({ labels: { "kuma.io/origin": value } });
const role = (value: string): PolicyOptions => ({ labels: { "kuma.io/policy-role": value } });

/** The first of each pair has the lower precedence. */
const ASCENDING: readonly (readonly [string, readonly [string, PolicyOptions], readonly [string, PolicyOptions]])[] = [
  ["kind: Mesh < MeshSubset", ["a", {}], ["b", subset]],
  ["kind beats origin", ["a", origin("zone")], ["b", { ...subset, ...origin("global") }]],
  ["kind beats role", ["a", role("workload-owner")], ["b", { ...subset, ...role("system") }]],
  ["origin: global < absent", ["a", origin("global")], ["b", {}]],
  ["origin: absent < zone", ["a", {}], ["b", origin("zone")]],
  [
    "origin beats role",
    ["a", { labels: { "kuma.io/policy-role": "workload-owner" } }],
    ["b", { labels: { "kuma.io/origin": "zone", "kuma.io/policy-role": "system" } }],
  ],
  ["role: system < producer", ["a", role("system")], ["b", role("producer")]],
  ["role: absent < producer", ["a", {}], ["b", role("producer")]],
  ["role: producer < consumer", ["a", role("producer")], ["b", role("consumer")]],
  ["role: consumer < workload-owner", ["a", role("consumer")], ["b", role("workload-owner")]],
  ["role: absent is as system", ["b", {}], ["a", role("system")]],
  ["role beats name", ["a", {}], ["b", role("workload-owner")]],
  ["name: the smallest wins", ["b", {}], ["a", {}]],
  ["name: by bytes, capital letters first", ["a", {}], ["B", {}]],
  ["name: a longer one comes after its beginning", ["ab", {}], ["a", {}]],
  ["name: by bytes of UTF-8, not by UTF-16 units", ["\u{1f600}", {}], ["\uffff", {}]],
  ["name: the first beyond 16 bits comes after the last within", ["\u{10000}", {}], ["\uffff", {}]],
  ["name: letters come before what stands after surrogates", ["\ue000", {}], ["a", {}]],
  ["name: halves of pairs keep their order", ["\u{103ff}", {}], ["\u{103fe}", {}]],
  ["origin: one that nobody defines is as absent", ["a", origin("moon")], ["b", origin("zone")]],
  ["role: one that nobody defines is as absent", ["a", role("moon")], ["b", role("producer")]],
  ["name: the display name counts", ["a", { displayName: "y" }], ["z", { displayName: "x" }]],
  [
    "the number of tags does not count",
    ["two", { targetRef: { kind: "MeshSubset", tags: { a: "1", b: "2" } } }],
    ["one", subset],
  ],
  ["proxyTypes do not count", ["two", { targetRef: { kind: "Mesh", proxyTypes: ["Sidecar"] } }], ["one", {}]],
  ["full tie: by name, ascending", ["x.bank", { displayName: "x" }], ["x.shop", { displayName: "x" }]],
  ["full tie: by mesh first", ["y", { mesh: "a", displayName: "x" }], ["x", { mesh: "b", displayName: "x" }]],
];

test.each(ASCENDING)("%s", (_, [low, lowOptions], [high, highOptions]) => {
  const [a, b] = [policy(low, lowOptions), policy(high, highOptions)];
  expect(comparePrecedence(a, b)).toBeLessThan(0);
  expect(comparePrecedence(b, a)).toBeGreaterThan(0);
});
