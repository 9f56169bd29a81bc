import { expect, test } from "vitest";
import { policyText, said } from "./lint.testing.ts";

const CODE = "L412-no-owner";

test("a policy without the label", () => {
  expect(said(CODE, [policyText()])).toEqual(["0:3:7 this policy has no owner"]);
  expect(said(CODE, [policyText({ head: 'labels: { owner: "" }' })])).toHaveLength(1);
});

test("not one with it, with or without a domain before it, and not unless asked for", () => {
  expect(said(CODE, [policyText({ head: "labels: { owner: team-web }" })])).toEqual([]);
  expect(said(CODE, [policyText({ head: "labels: { example.com/owner: team-web }" })])).toEqual([]);
  expect(said(CODE, [policyText()], { enable: [] })).toEqual([]);
  const annotated =
    "apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata: { name: p, namespace: kuma-system, annotations: { owner: a@example.com } }\nspec: {}\n";
  expect(said(CODE, [annotated])).toEqual([]);
});
