import { describe, expect, test } from "vitest";
import type { Resource } from "../model/index.ts";
import { parseResources, printResource } from "./index.ts";

function only(text: string): Resource {
  const [located] = parseResources("f", text).resources;
  if (located === undefined) throw new Error(text);
  return located.resource;
}

const UNIVERSAL = `type: MeshPassthrough
mesh: shop
name: allow-some
labels:
  team: core
  kuma.io/display-name: Nice
spec:
  targetRef:
    kind: MeshSubset
    tags:
      answer: "yes"
    proxyTypes:
      - Sidecar
  default:
    passthroughMode: Matched
    appendMatch:
      - type: Domain
        value: "*.Example.com."
        port: 443
        protocol: tls
`;

const KUBERNETES = `apiVersion: kuma.io/v1alpha1
kind: MeshPassthrough
metadata:
  name: allow-some
  namespace: kuma-system
  labels:
    team: core
    kuma.io/mesh: shop
  annotations:
    kuma.io/display-name: Nice
spec:${UNIVERSAL.split("spec:")[1]}`;

test("a policy in both forms: the value as written, and quotes where YAML 1.1 would read something else", () => {
  expect(printResource(only(UNIVERSAL), "universal")).toBe(UNIVERSAL);
  expect(printResource(only(UNIVERSAL), "kubernetes")).toBe(KUBERNETES);
  expect(printResource(only(KUBERNETES), "kubernetes")).toBe(KUBERNETES);
  expect(printResource(only(KUBERNETES), "universal")).toBe(UNIVERSAL);
});

describe("the system namespace is the one that is said", () => {
  const inShop = KUBERNETES.replace("namespace: kuma-system", "namespace: shop");
  test("its resources have no namespace label", () => {
    expect(printResource(only(inShop), "universal")).toContain("k8s.kuma.io/namespace: shop");
    expect(printResource(only(inShop), "universal", { systemNamespace: "shop" })).toBe(UNIVERSAL);
  });
  test("resources without namespace go there", () => {
    expect(printResource(only(UNIVERSAL), "kubernetes", { systemNamespace: "shop" })).toBe(inShop);
  });
});

test("a Dataplane on Kubernetes names its mesh itself, and that counts before the label", () => {
  const dataplane = `apiVersion: kuma.io/v1alpha1
kind: Dataplane
mesh: shop
metadata:
  name: web-1
  namespace: demo
  labels:
    kuma.io/mesh: other
spec:
  networking:
    address: 10.0.0.1
    inbound:
      - port: 8080
        tags:
          kuma.io/service: web
        state: Ignored
    transparentProxying:
      redirectPortOutbound: 15001
      redirectPortInbound: 15006
      ipFamilyMode: IPv4
`;
  const resource = only(dataplane);
  expect(resource.meta).toMatchObject({ mesh: "shop", name: "web-1.demo" });
  expect(only(printResource(resource, "kubernetes"))).toEqual(resource);
  expect(printResource(resource, "universal")).toContain(
    "mesh: shop\nname: web-1\nlabels:\n  kuma.io/mesh: other\n  k8s.kuma.io/namespace: demo\n",
  );
});

test("a Mesh", () => {
  const text = "type: Mesh\nname: default\nnetworking:\n  outbound:\n    passthrough: false\n";
  expect(printResource(only(text), "universal")).toBe(text);
  expect(printResource(only(text), "kubernetes")).toBe(
    "apiVersion: kuma.io/v1alpha1\nkind: Mesh\nmetadata:\n  name: default\nspec:\n  networking:\n    outbound:\n      passthrough: false\n",
  );
});
