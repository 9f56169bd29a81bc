import { expect, test } from "vitest";
import { dataplane, mesh, type PolicyOptions, policy } from "../../../test/laws/builders.ts";
import { type Dataplane, formatPolicyRef, type MeshPassthrough } from "../model/index.ts";
import { effectivePolicy } from "./effective-policy.ts";

const A = "Domain a.test tls 443";
const B = "Domain b.test tls 443";
const service = (name: string): PolicyOptions => ({
  targetRef: { kind: "MeshSubset", tags: { "kuma.io/service": name } },
});

/** `Matched base [base#0]`: the mode, where it comes from, and the rules by source. */
function merged(policies: readonly MeshPassthrough[], proxy: Dataplane = dataplane(), flag?: boolean): string {
  const { mode, rules } = effectivePolicy(mesh(flag), policies, proxy);
  const source = typeof mode.source === "string" ? mode.source : formatPolicyRef(mode.source);
  return `${mode.value} ${source} [${rules.map((rule) => formatPolicyRef(rule.source)).join(", ")}]`;
}

test("§2: without a selecting policy the Mesh's flag decides, and absent means true", () => {
  expect(merged([])).toBe("All mesh []");
  expect(merged([], dataplane(), true)).toBe("All mesh []");
  expect(merged([], dataplane(), false)).toBe("None mesh []");
  expect(effectivePolicy(undefined, [], dataplane()).mode).toEqual({ value: "All", source: "mesh" });
  expect(merged([policy("p", { ...service("db"), mode: "None" })])).toBe("All mesh []");
});

test("§2: as soon as one policy selects the proxy the flag is ignored", () => {
  expect(merged([policy("p")], dataplane(), true)).toBe("None default []");
  expect(merged([policy("p", { mode: "All" })], dataplane(), false)).toBe("All p []");
  expect(merged([policy("p", { mode: "Matched", rules: [A] })], dataplane(), true)).toBe("Matched p [p#0]");
});

test("§7 D1: if no selecting policy sets a mode it is None, and the list is kept", () => {
  expect(merged([policy("p", { rules: [A] }), policy("q", { rules: [B] })])).toBe("None default [q#0, p#0]");
});

// The worked examples of Kuma's behaviour (§3.6), with our rows D1 and D21.
const base = policy("base", { mode: "Matched", rules: [A] });
const pay = policy("pay", { ...service("pay"), rules: [B] });
const payProxy = dataplane({ inbound: [{ port: 1, tags: { "kuma.io/service": "pay" } }] });
const WORKED: readonly (readonly [string, readonly MeshPassthrough[], Dataplane, string])[] = [
  ["1: an unset mode leaves the other's, lists join", [base, pay], payProxy, "Matched base [base#0, pay#0]"],
  ["2: a policy for another service adds nothing", [base, pay], dataplane(), "Matched base [base#0]"],
  [
    "3: the list of a None policy becomes live",
    [policy("base", { mode: "None", rules: [A] }), policy("team", { ...service("web"), mode: "Matched", rules: [B] })],
    dataplane(),
    "Matched team [base#0, team#0]",
  ],
  [
    "4: All stays where the more specific policy sets no mode",
    [policy("base", { mode: "All" }), policy("team", { ...service("web"), rules: [B] })],
    dataplane(),
    "All base [team#0]",
  ],
  [
    "6: the smallest name wins",
    [policy("a-one", { mode: "None", rules: [A] }), policy("b-two", { mode: "All", rules: [B] })],
    dataplane(),
    "None a-one [b-two#0, a-one#0]",
  ],
  [
    "7: origin beats name",
    [
      policy("a", { mode: "All", labels: { "kuma.io/origin": "global" } }),
      policy("z", { mode: "None", labels: { "kuma.io/origin": "zone" } }),
    ],
    dataplane(),
    "None z []",
  ],
  [
    "8: kind beats origin and role",
    [
      policy("sub", {
        ...service("web"),
        mode: "All",
        labels: { "kuma.io/origin": "global", "kuma.io/policy-role": "system" },
      }),
      policy("own", { mode: "None", labels: { "kuma.io/origin": "zone" } }),
    ],
    dataplane(),
    "All sub []",
  ],
  [
    "9: one rule in two policies is there twice, each with its source",
    [policy("p", { mode: "Matched", rules: [A] }), policy("q", { mode: "Matched", rules: [A] })],
    dataplane(),
    "Matched p [q#0, p#0]",
  ],
  [
    "10: fewer tags still win by name",
    [
      policy("one", { targetRef: { kind: "MeshSubset", tags: { env: "prod" } }, mode: "All" }),
      policy("two", { targetRef: { kind: "MeshSubset", tags: { env: "prod", tier: "db" } }, mode: "None" }),
    ],
    dataplane({ inbound: [{ port: 1, tags: { env: "prod", tier: "db" } }] }),
    "All one []",
  ],
  [
    "11: one inbound selects the whole proxy",
    [policy("m", { targetRef: { kind: "MeshSubset", tags: { v: "2" } }, mode: "Matched", rules: [A] })],
    dataplane({
      inbound: [
        { port: 1, tags: { v: "1" } },
        { port: 2, tags: { v: "2" } },
      ],
    }),
    "Matched m [m#0]",
  ],
  [
    "12: HTTP protocols of different policies may meet on one port",
    [
      policy("h1", { mode: "Matched", rules: ["Domain web.test http 8080"] }),
      policy("h2", { ...service("web"), mode: "Matched", rules: ["Domain api.test http2 8080"] }),
    ],
    dataplane(),
    "Matched h2 [h1#0, h2#0]",
  ],
  [
    "13: labels are computed, so that a re-applied policy keeps its place (D11)",
    [
      policy("aaa", { mode: "All", labels: { "kuma.io/origin": "zone" } }),
      policy("bbb", { mode: "None", labels: { "kuma.io/origin": "zone" } }),
    ],
    dataplane(),
    "All aaa []",
  ],
];

test.each(WORKED)("worked example %s", (_, policies, proxy, want) => {
  expect(merged(policies, proxy)).toBe(want);
  expect(merged(policies.toReversed(), proxy)).toBe(want);
});

test("a higher policy without a mode does not hide the mode of a lower one", () => {
  expect(merged([policy("low", { mode: "None" }), policy("high", { ...service("web") })])).toBe("None low []");
});

test("policies of other meshes do not count", () => {
  expect(merged([policy("p", { mesh: "other", mode: "None" })])).toBe("All mesh []");
});

const tproxy = (redirectPortOutbound: number) =>
  ({ redirectPortOutbound, redirectPortInbound: 15_006, ipFamilyMode: "IPv4" }) as const;
const { transparentProxying: _, ...bare } = dataplane();
const ENFORCED: readonly (readonly [string, Dataplane, ReturnType<typeof effectivePolicy>["enforced"]])[] = [
  ["a sidecar behind a transparent proxy", dataplane(), true],
  ["a sidecar on another port", dataplane({ transparentProxying: tproxy(1) }), true],
  ["a delegated gateway", dataplane({ inbound: [], gateway: { type: "DELEGATED", tags: {} } }), true],
  ["a builtin gateway", dataplane({ inbound: [], gateway: { type: "BUILTIN", tags: {} } }), { not: "builtin gateway" }],
  ["no transparent proxy", bare, { not: "no transparent proxy" }],
  ["redirectPortOutbound 0", dataplane({ transparentProxying: tproxy(0) }), { not: "no transparent proxy" }],
];

test.each(ENFORCED)("§6, enforced: %s", (_, proxy, enforced) => {
  const policies = [policy("p", { mode: "Matched", rules: [A] })];
  expect(effectivePolicy(mesh(false), policies, proxy)).toMatchObject({ enforced, mode: { value: "Matched" } });
  expect(effectivePolicy(mesh(false), [], proxy).enforced).toEqual(enforced);
  expect(effectivePolicy(mesh(false), policies, proxy).rules.length).toBe(1);
});

test("of what policies say becomes of open connections the strictest holds; what cannot be read cuts them", () => {
  const saying = (text: string | undefined, i: number): MeshPassthrough => {
    const labels = text === undefined ? {} : { "sallyport.io/revocation": text };
    return policy(`p${i}`, { labels });
  };
  const revocation = (...texts: readonly (string | undefined)[]) =>
    effectivePolicy(mesh(), texts.map(saying), dataplane()).revocation;
  expect(revocation("drain-30s", undefined, "drain-1m", "keep")).toEqual({ kind: "drain", seconds: 30 });
  expect(revocation("keep", "drain-1s", "cut")).toEqual({ kind: "cut" });
  expect(revocation("keep", "no word")).toEqual({ kind: "cut" });
  expect(effectivePolicy(mesh(), [saying(undefined, 0)], dataplane())).not.toHaveProperty("revocation");
});
