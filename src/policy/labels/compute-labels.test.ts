import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Dataplane, Form, Labels, MeshPassthrough, Meta, Resource } from "../model/index.ts";
import { computeLabels, type LabelContext, withComputedLabels } from "./index.ts";

const FILES: LabelContext = { systemNamespace: "kuma-system" };
const ZONE: LabelContext = { ...FILES, zone: "east" };

function policy(labels: Labels, namespace?: string, mesh = "default"): MeshPassthrough {
  const form: Form = namespace === undefined ? "universal" : "kubernetes";
  const name = namespace === undefined ? "p" : `p.${namespace}`;
  const meta: Meta = {
    form,
    mesh,
    name,
    displayName: "p",
    labels,
    annotations: {},
    ...(namespace === undefined ? {} : { namespace }),
  };
  return { type: "MeshPassthrough", meta, rules: [] };
}

const dataplane = (resource: MeshPassthrough): Dataplane => ({
  type: "Dataplane",
  meta: resource.meta,
  address: "10.0.0.1",
  inbound: [{ port: 80, tags: { a: "b" } }],
});

const said = (resource: Resource, context: LabelContext): string[] =>
  computeLabels(resource, context).diagnostics.map(({ code, path }) => `${code} ${path.join(" ")}`);

describe("labels", () => {
  test.each<[string, Labels, string | undefined, LabelContext, Labels]>([
    ["Universal files", { team: "core" }, undefined, FILES, { team: "core", "kuma.io/mesh": "default" }],
    [
      "Universal zone",
      {},
      undefined,
      ZONE,
      { "kuma.io/mesh": "default", "kuma.io/origin": "zone", "kuma.io/zone": "east", "kuma.io/env": "universal" },
    ],
    [
      "origin global",
      { "kuma.io/origin": "global" },
      undefined,
      ZONE,
      { "kuma.io/origin": "global", "kuma.io/mesh": "default" },
    ],
    [
      "system namespace",
      {},
      "kuma-system",
      FILES,
      { "kuma.io/mesh": "default", "k8s.kuma.io/namespace": "kuma-system", "kuma.io/policy-role": "system" },
    ],
    [
      "own namespace in a zone",
      {},
      "shop",
      ZONE,
      {
        "kuma.io/mesh": "default",
        "kuma.io/origin": "zone",
        "kuma.io/zone": "east",
        "kuma.io/env": "kubernetes",
        "k8s.kuma.io/namespace": "shop",
        "kuma.io/policy-role": "workload-owner",
      },
    ],
    [
      "another system namespace",
      {},
      "shop",
      { systemNamespace: "shop" },
      { "kuma.io/mesh": "default", "k8s.kuma.io/namespace": "shop", "kuma.io/policy-role": "system" },
    ],
    [
      "Kubernetes resources kept by a Universal control plane",
      {},
      "shop",
      { ...ZONE, environment: "universal" },
      {
        "kuma.io/mesh": "default",
        "kuma.io/origin": "zone",
        "kuma.io/zone": "east",
        "kuma.io/env": "universal",
        "k8s.kuma.io/namespace": "shop",
        "kuma.io/policy-role": "workload-owner",
      },
    ],
  ])("%s", (_, written, namespace, context, expected) => {
    const { labels, diagnostics } = computeLabels(policy(written, namespace), context);
    expect(labels).toStrictEqual(expected);
    expect(diagnostics).toEqual([]);
  });

  test("a Mesh keeps its own, a Dataplane has no role", () => {
    const mesh: Resource = { type: "Mesh", meta: { ...policy({ a: "b" }).meta, name: "default" } };
    expect(computeLabels(mesh, ZONE)).toEqual({ labels: { a: "b" }, diagnostics: [] });
    expect(computeLabels(dataplane(policy({}, "shop")), FILES).labels).toEqual({
      "kuma.io/mesh": "default",
      "k8s.kuma.io/namespace": "shop",
    });
  });

  test("in a zone, inbounds get the zone's tag unless they have one", () => {
    const plain = dataplane(policy({}));
    const stored = withComputedLabels(plain, ZONE);
    expect(stored).toMatchObject({ inbound: [{ tags: { a: "b", "kuma.io/zone": "east" } }] });
    const own = { port: 81, tags: { "kuma.io/zone": "west" } };
    const elsewhere = withComputedLabels({ ...plain, inbound: [own] }, ZONE);
    expect(elsewhere.inbound).toEqual([own]);
    expect(withComputedLabels(dataplane(policy({})), FILES)).toStrictEqual({
      ...plain,
      meta: { ...plain.meta, labels: { "kuma.io/mesh": "default" } },
    });
  });

  test("in a zone, a gateway gets the zone's tag too, and a proxy without one gets none", () => {
    const gateway: Dataplane = { ...dataplane(policy({})), gateway: { type: "BUILTIN", tags: { c: "d" } } };
    expect(withComputedLabels(gateway, ZONE).gateway).toEqual({
      type: "BUILTIN",
      tags: { c: "d", "kuma.io/zone": "east" },
    });
    const own: Dataplane = { ...gateway, gateway: { type: "BUILTIN", tags: { "kuma.io/zone": "west" } } };
    expect(withComputedLabels(own, ZONE).gateway).toEqual(own.gateway);
    expect(withComputedLabels(gateway, FILES).gateway).toEqual(gateway.gateway);
    expect(withComputedLabels(dataplane(policy({})), ZONE)).not.toHaveProperty("gateway");
  });

  test("a role and a namespace that were written in Universal form are not stored", () => {
    const written = { "kuma.io/policy-role": "system", "k8s.kuma.io/namespace": "shop" };
    expect(computeLabels(policy(written), FILES).labels).toStrictEqual({ "kuma.io/mesh": "default" });
  });
});

describe("what was written", () => {
  test.each<[string, Resource, LabelContext, string[]]>([
    [
      "a role in Universal form",
      policy({ "kuma.io/policy-role": "workload-owner" }),
      FILES,
      ["W307-label-replaced labels kuma.io/policy-role"],
    ],
    ["the role that is computed anyway", policy({ "kuma.io/policy-role": "system" }), FILES, []],
    [
      "a role on Kubernetes",
      policy({ "kuma.io/policy-role": "system" }, "shop"),
      FILES,
      ["W307-label-replaced metadata labels kuma.io/policy-role"],
    ],
    ["another mesh", policy({ "kuma.io/mesh": "other" }), FILES, ["E118-computed-label labels kuma.io/mesh"]],
    [
      "a namespace in Universal form",
      policy({ "k8s.kuma.io/namespace": "shop" }),
      FILES,
      ["W311-namespace-label labels k8s.kuma.io/namespace"],
    ],
    [
      "another namespace",
      policy({ "k8s.kuma.io/namespace": "x" }, "shop"),
      FILES,
      ["E118-computed-label metadata labels k8s.kuma.io/namespace"],
    ],
    [
      "an origin that is none",
      policy({ "kuma.io/origin": "moon" }),
      FILES,
      ["E118-computed-label labels kuma.io/origin"],
    ],
    ["the zone of this control plane", policy({ "kuma.io/zone": "east" }), ZONE, []],
    ["another zone", policy({ "kuma.io/zone": "west" }), ZONE, ["E118-computed-label labels kuma.io/zone"]],
    [
      "another zone of a resource from global",
      policy({ "kuma.io/zone": "west", "kuma.io/origin": "global" }),
      ZONE,
      [],
    ],
    ["a zone in files", policy({ "kuma.io/zone": "west", "kuma.io/origin": "zone" }), FILES, []],
    ["the environment of the form", policy({ "kuma.io/env": "universal" }), FILES, []],
    ["another environment", policy({ "kuma.io/env": "kubernetes" }), FILES, ["E118-computed-label labels kuma.io/env"]],
    [
      "another environment of a resource from global",
      policy({ "kuma.io/env": "kubernetes", "kuma.io/origin": "global" }),
      ZONE,
      [],
    ],
    [
      "another mesh of a resource from global",
      policy({ "kuma.io/mesh": "other", "kuma.io/origin": "global" }),
      ZONE,
      ["E118-computed-label labels kuma.io/mesh"],
    ],
    ["a role of a Dataplane", dataplane(policy({ "kuma.io/policy-role": "producer" })), FILES, []],
    ["the effect", policy({ "kuma.io/effect": "shadow", "kuma.io/display-name": "x" }), ZONE, []],
  ])("%s", (_, resource, context, expected) => {
    expect(said(resource, context)).toEqual(expected);
  });
});

const COMPUTED = "leave the label out";
test.each<[string, Resource, string, string]>([
  [
    "an origin that is none",
    policy({ "kuma.io/origin": "moon" }),
    "`moon` is not an origin",
    "write `zone` or `global`, or leave the label out",
  ],
  ["another zone", policy({ "kuma.io/zone": "west" }), "this control plane's zone is `east`, not `west`", COMPUTED],
  ["another mesh", policy({ "kuma.io/mesh": "other" }), "`kuma.io/mesh` is `default` here, not `other`", COMPUTED],
  [
    "another environment",
    policy({ "kuma.io/env": "kubernetes" }),
    "`kuma.io/env` is `universal` here, not `kubernetes`",
    COMPUTED,
  ],
  [
    "another namespace",
    policy({ "k8s.kuma.io/namespace": "x" }, "shop"),
    "`k8s.kuma.io/namespace` is `shop` here, not `x`",
    COMPUTED,
  ],
  [
    "a namespace of a policy in Universal form",
    policy({ "k8s.kuma.io/namespace": "x" }),
    "Universal form has no namespaces: `k8s.kuma.io/namespace` has no effect, and this policy selects proxies of the whole mesh",
    "leave the label out and select with `targetRef`; the API of a control plane refuses it",
  ],
  [
    "a namespace of a Dataplane in Universal form",
    dataplane(policy({ "k8s.kuma.io/namespace": "x" })),
    "Universal form has no namespaces: `k8s.kuma.io/namespace` has no effect",
    "leave the label out; the API of a control plane refuses it",
  ],
  [
    "a role",
    policy({ "kuma.io/policy-role": "producer" }, "shop"),
    "the role `producer` is replaced: here it is `workload-owner`",
    "the namespace decides the role; leave the label out",
  ],
])("%s: what is said", (_, resource, message, help) => {
  expect(computeLabels(resource, ZONE).diagnostics).toMatchObject([{ message, help }]);
});

test("law: computing labels again changes nothing, and says nothing", () => {
  const written = fc.dictionary(
    fc.constantFrom("team", "kuma.io/policy-role", "kuma.io/mesh"),
    fc.constantFrom("default", "system"),
  );
  const namespace = fc.option(fc.constantFrom("kuma-system", "shop"), { nil: undefined });
  fc.assert(
    fc.property(written, namespace, fc.constantFrom(FILES, ZONE), (labels, ns, context) => {
      const once = withComputedLabels(policy(labels, ns), context);
      const again = computeLabels(once, context);
      expect(again.labels).toEqual(once.meta.labels);
      expect(again.diagnostics.filter(({ path }) => path.at(-1) !== "kuma.io/mesh")).toEqual([]);
    }),
  );
});
