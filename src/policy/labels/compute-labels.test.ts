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
  ])("%s", (_, written, namespace, context, expected) => {
    const { labels, diagnostics } = computeLabels(policy(written, namespace), context);
    expect(labels).toEqual(expected);
    expect(diagnostics).toEqual([]);
  });

  test("a Mesh keeps its own, a Dataplane has no role", () => {
    const mesh: Resource = { type: "Mesh", meta: { ...policy({ a: "b" }).meta, name: "default" } };
    expect(computeLabels(mesh, ZONE).labels).toEqual({ a: "b" });
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
    expect(withComputedLabels(dataplane(policy({})), FILES)).toMatchObject({ inbound: [{ tags: { a: "b" } }] });
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
    ["the effect", policy({ "kuma.io/effect": "shadow", "kuma.io/display-name": "x" }), ZONE, []],
  ])("%s", (_, resource, context, expected) => {
    expect(said(resource, context)).toEqual(expected);
  });
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
