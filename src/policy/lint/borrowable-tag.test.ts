import { expect, test } from "vitest";
import { policyText, said } from "./lint.testing.ts";

const CODE = "L413-borrowable-tag";
const RULES = ["IP 203.0.113.7 tcp 443"];
const withTags = (tags: string, rules: readonly string[] = RULES, mode = "Matched") =>
  policyText({ target: `{ kind: MeshSubset, tags: { ${tags} } }`, rules, mode });

test("a permission for whoever has a tag", () => {
  expect(said(CODE, [withTags("team: a, kuma.io/zone: east")])).toEqual([
    "0:5:40 any workload can give itself `team`, and what this policy admits may then leave it",
  ]);
  expect(said(CODE, [withTags("team: a, kuma.io/zone: east", [], "All")])[0]).toContain(
    "and everything may then leave it",
  );
});

test.each([
  ["the service is named too", withTags("team: a, kuma.io/service: web")],
  ["the namespace is named too", withTags("team: a, k8s.kuma.io/namespace: shop")],
  ["only tags of the platform are named", withTags("kuma.io/zone: east")],
  ["nothing is admitted", withTags("team: a", [], "None")],
  ["the policy is for the mesh", policyText({ rules: RULES })],
])("not where %s", (_, text) => {
  expect(said(CODE, [text])).toEqual([]);
});

test("not in a policy of a namespace, which selects proxies of that namespace only", () => {
  const inNamespace = (namespace: string) =>
    `apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata: { name: p, namespace: ${namespace} }\nspec:\n  targetRef: { kind: MeshSubset, tags: { team: a } }\n  default: { passthroughMode: All }\n`;
  expect(said(CODE, [inNamespace("shop")])).toEqual([]);
  expect(said(CODE, [inNamespace("kuma-system")])).toHaveLength(1);
});
