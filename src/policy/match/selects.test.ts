import { expect, test } from "vitest";
import { dataplane, meta, type PolicyOptions, policy } from "../../../test/laws/builders.ts";
import type { Dataplane, Labels } from "../model/index.ts";
import { type NotSelected, selectPolicies, selects } from "./selects.ts";

const SUBSET = (tags: Labels): PolicyOptions => ({ targetRef: { kind: "MeshSubset", tags } });
const labelled = (labels: Labels, mesh = "default"): Partial<Dataplane> => ({ meta: meta("web-1", { labels, mesh }) });
const EAST = labelled({ "kuma.io/origin": "zone", "kuma.io/zone": "east" });
const SHOP = labelled({ "k8s.kuma.io/namespace": "shop" });
const role = (name: string, namespace?: string): PolicyOptions => ({
  labels: { "kuma.io/policy-role": name, ...(namespace === undefined ? {} : { "k8s.kuma.io/namespace": namespace }) },
});
const inbounds = (...tags: readonly Labels[]): Partial<Dataplane> => ({
  inbound: tags.map((tags, i) => ({ port: 8080 + i, tags })),
});
const gateway = (type: "DELEGATED" | "BUILTIN", tags: Labels = {}): Partial<Dataplane> => ({
  inbound: [],
  gateway: { type, tags },
});

/** What the policy says, what the proxy is, and what keeps it from being selected, if anything does. */
const CASES: readonly (readonly [string, PolicyOptions, Partial<Dataplane>, NotSelected?])[] = [
  ["no targetRef is the whole mesh", {}, {}],
  ["kind Mesh selects", { targetRef: { kind: "Mesh" } }, {}],
  [
    "a policy of another mesh does not",
    { mesh: "other" },
    {},
    { kind: "other mesh", policy: "other", proxy: "default" },
  ],
  ["a shadow policy does not", { labels: { "kuma.io/effect": "shadow" } }, {}, { kind: "shadow" }],
  ["any other effect does", { labels: { "kuma.io/effect": "enforce" } }, {}],

  ["zone: the same", { labels: { "kuma.io/origin": "zone", "kuma.io/zone": "east" } }, EAST],
  [
    "zone: another",
    { labels: { "kuma.io/origin": "zone", "kuma.io/zone": "west" } },
    EAST,
    { kind: "other zone", policy: "west", proxy: "east" },
  ],
  [
    "zone: another, for a producer",
    { labels: { "kuma.io/origin": "zone", "kuma.io/zone": "west", "kuma.io/policy-role": "producer" } },
    EAST,
  ],
  ["zone: a policy of a zone without a name", { labels: { "kuma.io/origin": "zone" } }, EAST],
  ["zone: a global policy", { labels: { "kuma.io/origin": "global", "kuma.io/zone": "west" } }, EAST],
  ["zone: a policy without origin", { labels: { "kuma.io/zone": "west" } }, EAST],
  [
    "zone: a Dataplane without origin",
    { labels: { "kuma.io/origin": "zone", "kuma.io/zone": "west" } },
    labelled({ "kuma.io/zone": "east" }),
  ],
  [
    "zone: a global Dataplane",
    { labels: { "kuma.io/origin": "zone", "kuma.io/zone": "west" } },
    labelled({ "kuma.io/origin": "global", "kuma.io/zone": "east" }),
  ],
  [
    "zone: a Dataplane of a zone without a name",
    { labels: { "kuma.io/origin": "zone", "kuma.io/zone": "west" } },
    labelled({ "kuma.io/origin": "zone" }),
  ],

  ["namespace: role system selects everywhere", role("system", "kuma-system"), SHOP],
  ["namespace: role producer selects everywhere", role("producer", "other"), SHOP],
  ["namespace: workload-owner, the same", role("workload-owner", "shop"), SHOP],
  [
    "namespace: workload-owner, another",
    role("workload-owner", "bank"),
    SHOP,
    { kind: "other namespace", policy: "bank", proxy: "shop" },
  ],
  [
    "namespace: consumer, another",
    role("consumer", "bank"),
    SHOP,
    { kind: "other namespace", policy: "bank", proxy: "shop" },
  ],
  [
    "namespace: workload-owner without one",
    role("workload-owner"),
    SHOP,
    { kind: "other namespace", policy: undefined, proxy: "shop" },
  ],
  [
    "namespace: neither has one",
    role("workload-owner"),
    {},
    { kind: "other namespace", policy: undefined, proxy: undefined },
  ],

  ["proxy type: Sidecar, a sidecar", { targetRef: { kind: "Mesh", proxyTypes: ["Sidecar"] } }, {}],
  [
    "proxy type: Gateway, a sidecar",
    { targetRef: { kind: "Mesh", proxyTypes: ["Gateway"] } },
    {},
    { kind: "other proxy type", policy: ["Gateway"], proxy: "Sidecar" },
  ],
  [
    "proxy type: Sidecar, a delegated gateway",
    { targetRef: { kind: "Mesh", proxyTypes: ["Sidecar"] } },
    gateway("DELEGATED"),
    { kind: "other proxy type", policy: ["Sidecar"], proxy: "Gateway" },
  ],
  [
    "proxy type: Gateway, a builtin gateway",
    { targetRef: { kind: "Mesh", proxyTypes: ["Gateway"] } },
    gateway("BUILTIN"),
  ],
  ["proxy type: both", { targetRef: { kind: "Mesh", proxyTypes: ["Sidecar", "Gateway"] } }, gateway("DELEGATED")],
  ["proxy type: none named, a gateway", { targetRef: { kind: "Mesh" } }, gateway("DELEGATED")],

  ["proxy type: an empty list is none", { targetRef: { kind: "Mesh", proxyTypes: [] } }, {}],

  ["tags: all on one inbound", SUBSET({ a: "1", b: "2" }), inbounds({ a: "1", b: "2", c: "3" })],
  [
    "tags: on two inbounds",
    SUBSET({ a: "1", b: "2" }),
    inbounds({ a: "1" }, { b: "2" }),
    { kind: "tags", missing: { b: "2" } },
  ],
  ["tags: on the second inbound", SUBSET({ v: "2" }), inbounds({ svc: "a", v: "1" }, { svc: "b", v: "2" })],
  ["tags: another value", SUBSET({ a: "1" }), inbounds({ a: "2" }), { kind: "tags", missing: { a: "1" } }],
  ["tags: any value", SUBSET({ a: "*" }), inbounds({ a: "2" })],
  [
    "tags: any value of a tag that is absent",
    SUBSET({ a: "*" }),
    inbounds({ b: "2" }),
    { kind: "tags", missing: { a: "*" } },
  ],
  [
    "tags: a star on the inbound is a value like others",
    SUBSET({ a: "1" }),
    inbounds({ a: "*" }),
    { kind: "tags", missing: { a: "1" } },
  ],
  ["tags: none asked for", SUBSET({}), inbounds({ a: "1" })],
  [
    "tags: a name that every object has",
    SUBSET({ constructor: "*" }),
    inbounds({ a: "1" }),
    { kind: "tags", missing: { constructor: "*" } },
  ],
  ["tags: of a delegated gateway", SUBSET({ a: "1" }), gateway("DELEGATED", { a: "1" })],
  [
    "tags: not of a delegated gateway",
    SUBSET({ a: "1" }),
    gateway("DELEGATED", { a: "2" }),
    { kind: "tags", missing: { a: "1" } },
  ],
  ["tags: of a builtin gateway, for display", SUBSET({ a: "1" }), gateway("BUILTIN", { a: "1" })],
  [
    "an inbound in state Ignored takes part (D10)",
    SUBSET({ a: "1" }),
    { inbound: [{ port: 1, tags: { a: "1" }, state: "Ignored" }] },
  ],
  [
    "kind Mesh selects where all inbounds are Ignored (D10)",
    {},
    { inbound: [{ port: 1, tags: {}, state: "Ignored" }] },
  ],
  [
    "an inbound that is not ready takes part",
    SUBSET({ a: "1" }),
    { inbound: [{ port: 1, tags: { a: "1" }, state: "NotReady" }] },
  ],
  [
    "without a transparent proxy it is selected all the same",
    {},
    { transparentProxying: { redirectPortOutbound: 0, redirectPortInbound: 0, ipFamilyMode: "IPv4" } },
  ],

  [
    "the first condition that fails is told: mesh before shadow",
    { mesh: "other", labels: { "kuma.io/effect": "shadow" } },
    {},
    { kind: "other mesh", policy: "other", proxy: "default" },
  ],
  [
    "the first condition that fails is told: shadow before zone",
    { labels: { "kuma.io/effect": "shadow", "kuma.io/origin": "zone", "kuma.io/zone": "west" } },
    EAST,
    { kind: "shadow" },
  ],
  [
    "the first condition that fails is told: proxy type before tags",
    { targetRef: { kind: "MeshSubset", proxyTypes: ["Gateway"], tags: { a: "1" } } },
    {},
    { kind: "other proxy type", policy: ["Gateway"], proxy: "Sidecar" },
  ],
];

for (const [title, options, proxy, because] of CASES)
  test(title, () => {
    const got = selects(policy("p", options), dataplane(proxy));
    expect(got).toEqual(because === undefined ? { selected: true } : { selected: false, because });
  });

test("the selecting policies come in order of precedence, lowest first", () => {
  const policies = [
    policy("z", SUBSET({ "kuma.io/service": "web" })),
    policy("b"),
    policy("a"),
    policy("x", SUBSET({ "kuma.io/service": "db" })),
    policy("c"),
  ];
  expect(selectPolicies(policies, dataplane()).map(({ meta }) => meta.name)).toEqual(["c", "b", "a", "z"]);
});
