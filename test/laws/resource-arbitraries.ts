/** Generated policies, Meshes and Dataplanes, with their computed labels. */
import fc from "fast-check";
import {
  type Dataplane,
  type Gateway,
  INBOUND_STATES,
  type Inbound,
  type Labels,
  type Mesh,
  type MeshPassthrough,
  MODES,
  type ProxyType,
  type TargetRef,
} from "../../src/policy/model/index.ts";
import { mesh as meshOf, meta, dataplane as plainDataplane } from "./builders.ts";
import { rule } from "./rule-arbitraries.ts";

/** A record of which any field may be absent. */
const optional = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { requiredKeys: [] });

/** The labels of a place, which Dataplanes and policies have. */
const placeLabels = {
  "kuma.io/origin": fc.constantFrom("global", "zone"),
  "kuma.io/zone": fc.constantFrom("east", "west"),
  "k8s.kuma.io/namespace": fc.constantFrom("kuma-system", "shop"),
};

/** Also those that nothing computes, such as a role with a namespace missing. */
const policyLabels: fc.Arbitrary<Labels> = fc
  .tuple(
    optional({
      ...placeLabels,
      "kuma.io/policy-role": fc.constantFrom("system", "producer", "consumer", "workload-owner"),
    }),
    fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, fc.constant({ "kuma.io/effect": "shadow" })),
  )
  .map(([labels, effect]) => ({ ...labels, ...effect }));

const tags: fc.Arbitrary<Labels> = optional({
  "kuma.io/service": fc.constantFrom("web", "db"),
  env: fc.constantFrom("prod", "dev"),
});

const selector: fc.Arbitrary<Labels> = optional({
  "kuma.io/service": fc.constantFrom("web", "db", "*"),
  env: fc.constantFrom("prod", "*"),
});

const proxyTypes = fc.constantFrom<readonly ProxyType[]>(["Sidecar"], ["Gateway"], ["Sidecar", "Gateway"]);

const targetRef: fc.Arbitrary<TargetRef> = fc.oneof(
  fc.record({ kind: fc.constant("Mesh" as const), proxyTypes }, { requiredKeys: ["kind"] }),
  fc.record(
    { kind: fc.constant("MeshSubset" as const), proxyTypes, tags: selector },
    { requiredKeys: ["kind", "tags"] },
  ),
);

/** Display names whose order differs between bytes and UTF-16 units are among them. */
export const meshPassthrough: fc.Arbitrary<MeshPassthrough> = fc
  .record({
    mesh: fc.oneof({ weight: 5, arbitrary: fc.constant("default") }, fc.constant("other")),
    name: fc.constantFrom("a", "b", "B", "a.kuma-system", "b.shop", "é"),
    displayName: fc.constantFrom("a", "b", "B", "é", "\u{1f600}", "\uffff"),
    labels: policyLabels,
    rules: fc.array(rule, { maxLength: 3 }),
    settings: optional({ targetRef, mode: fc.constantFrom(...MODES) }),
  })
  .map(({ mesh, name, displayName, labels, rules, settings }) => ({
    type: "MeshPassthrough",
    meta: meta(name, { mesh, displayName, labels }),
    rules,
    ...settings,
  }));

/** Policies that could be in one store: a name is taken once in a mesh. */
export const policySet: fc.Arbitrary<MeshPassthrough[]> = fc.uniqueArray(meshPassthrough, {
  selector: ({ meta }) => `${meta.mesh}/${meta.name}`,
  maxLength: 6,
});

export const mesh: fc.Arbitrary<Mesh> = fc.constantFrom(meshOf(), meshOf(true), meshOf(false));

const inbound: fc.Arbitrary<Inbound> = fc.record(
  { port: fc.constantFrom(8080, 8081), tags, state: fc.constantFrom(...INBOUND_STATES) },
  { requiredKeys: ["port", "tags"] },
);

const gateway: fc.Arbitrary<Gateway> = fc.record({ type: fc.constantFrom("DELEGATED", "BUILTIN"), tags });

/** Sidecars, delegated and builtin gateways; most behind a transparent proxy. */
export const dataplane: fc.Arbitrary<Dataplane> = fc
  .record({
    labels: optional(placeLabels),
    role: fc.oneof(
      { weight: 3, arbitrary: fc.array(inbound, { minLength: 1, maxLength: 2 }).map((inbound) => ({ inbound })) },
      gateway.map((gateway) => ({ inbound: [], gateway })),
    ),
    redirectPortOutbound: fc.oneof({ weight: 5, arbitrary: fc.constant(15_001) }, fc.constantFrom(0, undefined)),
  })
  .map(({ labels, role, redirectPortOutbound }) => {
    const { transparentProxying: _, ...bare } = plainDataplane({ meta: meta("web-1", { labels }), ...role });
    if (redirectPortOutbound === undefined) return bare;
    const transparentProxying = {
      redirectPortOutbound,
      redirectPortInbound: 15_006,
      ipFamilyMode: "UnSpecified",
    } as const;
    return { ...bare, transparentProxying };
  });

/** A list and a permutation of it, some of whose members may come more than once. */
export const reordered = <T>(lists: fc.Arbitrary<T[]>): fc.Arbitrary<readonly [T[], T[]]> =>
  lists.chain((list) =>
    fc
      .tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.subarray(list))
      .map(([original, shuffled, again]) => [original, [...shuffled, ...again]] as const),
  );
