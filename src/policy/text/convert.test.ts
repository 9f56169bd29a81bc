import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { enough } from "../../../test/laws/enough.ts";
import { dataplane, mesh, meshPassthrough } from "../../../test/laws/resource-arbitraries.ts";
import { withComputedLabels } from "../labels/index.ts";
import type { Form, Resource } from "../model/index.ts";
import { readComments } from "./comments.ts";
import { convertText } from "./convert.ts";
import { parseResources } from "./parse-resources.ts";
import { printResource } from "./print.ts";

function convert(text: string, to: Form): string {
  const converted = convertText("a.yaml", text, to);
  return converted.ok ? converted.text : `refused: ${converted.diagnostics.map(({ code }) => code).join()}`;
}

const UNIVERSAL = `# Who may leave the mesh.
type: MeshPassthrough # what
mesh: default # which mesh
# how it is called
name: allow
labels:
  k8s.kuma.io/namespace: shop # where
  team: web
  kuma.io/display-name: Allow
spec:
  # everybody
  targetRef: {kind: Mesh}
  default:
    passthroughMode: Matched
    appendMatch:
    # the registry
    - {type: Domain, value: '*.example.com', port: 443, protocol: tls} # by name
`;

const KUBERNETES = `# Who may leave the mesh.
apiVersion: kuma.io/v1alpha1
kind: MeshPassthrough # what
metadata:
  # how it is called
  name: allow
  namespace: shop # where
  labels:
    kuma.io/mesh: default # which mesh
    team: web
  annotations:
    kuma.io/display-name: Allow
spec:
  # everybody
  targetRef: {kind: Mesh}
  default:
    passthroughMode: Matched
    appendMatch:
    # the registry
    - {type: Domain, value: '*.example.com', port: 443, protocol: tls} # by name
`;

test("a policy to Kubernetes, with all its comments", () => {
  expect(convert(UNIVERSAL, "kubernetes")).toBe(KUBERNETES);
});

test("and back: only the order of the labels is another", () => {
  const moved = UNIVERSAL.replace(
    "  k8s.kuma.io/namespace: shop # where\n  team: web\n",
    "  team: web\n  k8s.kuma.io/namespace: shop # where\n",
  );
  expect(convert(KUBERNETES, "universal")).toBe(moved);
  expect(convert(convert(moved, "kubernetes"), "universal")).toBe(moved);
});

test("the fields of a Dataplane and a Mesh move, comments too", () => {
  const universal = `type: Dataplane
mesh: default
name: web-1
# how it is reached
networking:
  # its address
  address: 10.0.0.1
  inbound:
  - port: 80 # plain
    tags: {kuma.io/service: web}
---
type: Mesh
name: default
# closed
networking:
  outbound: {passthrough: false}
`;
  const kubernetes = `apiVersion: kuma.io/v1alpha1
kind: Dataplane
mesh: default
metadata:
  name: web-1
  namespace: kuma-system
spec:
  # how it is reached
  networking:
    # its address
    address: 10.0.0.1
    inbound:
    - port: 80 # plain
      tags: {kuma.io/service: web}
---
apiVersion: kuma.io/v1alpha1
kind: Mesh
metadata:
  name: default
spec:
  # closed
  networking:
    outbound: {passthrough: false}
`;
  expect(convert(universal, "kubernetes")).toBe(kubernetes);
  expect(convert(kubernetes, "universal")).toBe(universal);
});

describe("namespaces", () => {
  const inNamespace = (line: string): string => `apiVersion: kuma.io/v1alpha1
kind: MeshPassthrough
metadata: {name: a${line}}
spec: {}
`;
  test.each([
    ["the system namespace has no label", ", namespace: kuma-system", undefined, ""],
    ["another has one", ", namespace: shop", undefined, "labels:\n  k8s.kuma.io/namespace: shop\n"],
    ["none is `default`, as for kubectl", "", undefined, "labels:\n  k8s.kuma.io/namespace: default\n"],
    ["the system namespace may have another name", ", namespace: shop", "shop", ""],
  ])("%s", (_, line, systemNamespace, labels) => {
    const options = systemNamespace === undefined ? {} : { systemNamespace };
    const converted = convertText("a", inNamespace(line), "universal", options);
    expect(converted.ok && converted.text).toBe(`type: MeshPassthrough\nmesh: default\nname: a\n${labels}spec: {}\n`);
  });
});

test("a list becomes its items, JSON becomes YAML, what YAML 1.1 reads as a word is quoted", () => {
  const item = {
    apiVersion: "kuma.io/v1alpha1",
    kind: "MeshPassthrough",
    metadata: { name: "a", namespace: "kuma-system", uid: "1", labels: { "kuma.io/mesh": "m", on: "yes" } },
    spec: { default: { appendMatch: [{ type: "IP", value: "::1", port: 443, protocol: "tcp" }] } },
  };
  const list = { kind: "List", apiVersion: "v1", items: [item, { ...item, kind: "Mesh", spec: {} }] };
  expect(convert(JSON.stringify(list), "universal")).toBe(`type: MeshPassthrough
mesh: m
name: a
labels:
  "on": "yes"
spec:
  default:
    appendMatch:
    - type: IP
      value: ::1
      port: 443
      protocol: tcp
---
type: Mesh
name: a
labels:
  "on": "yes"
`);
});

test("aliases become what they stand for: the anchor may come later now", () => {
  const text = `type: MeshPassthrough
name: &n allow
mesh: m
labels: {app: *n, kuma.io/display-name: *n}
spec: {}
`;
  expect(convert(text, "kubernetes")).toBe(`apiVersion: kuma.io/v1alpha1
kind: MeshPassthrough
metadata:
  name: allow
  namespace: kuma-system
  labels: {kuma.io/mesh: m, app: allow}
  annotations:
    kuma.io/display-name: allow
spec: {}
`);
});

test("what has the form already, and what is of another type, stays", () => {
  const other = "apiVersion: v1\nkind: ConfigMap\ndata:\n    a:   b\n";
  expect(convert(`${KUBERNETES}---\n${other}`, "kubernetes")).toBe(
    `${KUBERNETES}---\napiVersion: v1\nkind: ConfigMap\ndata:\n  a: b\n`,
  );
});

test("what Universal form has no place for is named", () => {
  const text = KUBERNETES.replace("  annotations:\n", "  annotations:\n    expires: 2027-01-01\n");
  expect(convertText("a", text, "universal")).toMatchObject({
    ok: true,
    odd: [
      { kind: "left out", path: ["metadata", "annotations", "expires"], start: { line: 12, column: 5 } },
      { kind: "namespace", path: ["metadata", "namespace"], start: { line: 7, column: 3 } },
    ],
  });
});

test("a text with an error is not converted", () => {
  expect(convert(UNIVERSAL.replace("port: 443", "port: 0"), "kubernetes")).toBe("refused: E101-port-out-of-range");
});

/** As stored: labels that a form leaves to the control plane are there. */
const stored = (text: string): unknown[] =>
  parseResources("a", text).resources.map(({ resource }) => {
    const { meta, ...rest } = withComputedLabels<Resource>(resource, { systemNamespace: "kuma-system" });
    const { "kuma.io/policy-role": _, "k8s.kuma.io/namespace": namespace, ...labels } = meta.labels;
    const place = namespace === "kuma-system" ? {} : { namespace };
    const name = meta.namespace === undefined ? meta.name : meta.name.slice(0, -meta.namespace.length - 1);
    const { "kuma.io/display-name": displayName, ...annotations } = meta.annotations;
    return { ...rest, meta: { ...meta, form: "universal", name, labels, annotations, place, displayName } };
  });

const resource = fc.oneof(meshPassthrough, dataplane, mesh);

test("law: there and back again gives the same resource, by way of either form", () => {
  let converted = 0;
  fc.assert(
    fc.property(resource, fc.constantFrom<Form>("universal", "kubernetes"), (one, form) => {
      const text = printResource(one, form);
      if (parseResources("a", text).diagnostics.some(({ severity }) => severity === "error")) return;
      converted += 1;
      const there = convert(text, form === "universal" ? "kubernetes" : "universal");
      const back = convert(there, form);
      expect(stored(back), there).toEqual(stored(text));
      expect(convert(convert(back, form === "universal" ? "kubernetes" : "universal"), form)).toBe(back);
    }),
    { numRuns: 300 },
  );
  expect(converted).toBeGreaterThan(enough(100));
});

test("law: converting says what printing the resource in the other form says", () => {
  fc.assert(
    fc.property(resource, fc.constantFrom<Form>("universal", "kubernetes"), (one, to) => {
      const text = printResource(one, to === "universal" ? "kubernetes" : "universal");
      const [located] = parseResources("a", text).resources;
      if (located === undefined) return;
      const read = (yaml: string) => parseResources("a", yaml).resources.map(({ resource: it }) => it);
      expect(read(convert(text, to))).toEqual(read(printResource(located.resource, to)));
    }),
    { numRuns: 300 },
  );
});

test("law: a comment above a field that both forms have survives, there and back", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(16), { maxLength: 5 }), fc.constantFrom(UNIVERSAL, KUBERNETES), (places, text) => {
      const lines = text.split("\n");
      const both = lines.flatMap((line, i) =>
        /^\s*(?:- |name|team|targetRef|default|passthrough|append)/.test(line) ? [i] : [],
      );
      for (const at of places.map((place) => both[place % both.length] ?? 0).toSorted((a, b) => b - a))
        lines.splice(at, 0, `${/^\s*/.exec(lines[at] ?? "")?.[0]}# here`);
      const form = text === UNIVERSAL ? "kubernetes" : "universal";
      const count = (yaml: string): number => readComments("a", yaml).filter((c) => c.text === "here").length;
      const there = convert(lines.join("\n"), form);
      expect(count(there), there).toBe(places.length);
      expect(count(convert(there, form === "kubernetes" ? "universal" : "kubernetes"))).toBe(places.length);
    }),
  );
});

test("law: whatever is left of a text, converting it does not throw", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(UNIVERSAL, KUBERNETES).chain((text) => fc.subarray(text.split("\n"))),
      fc.constantFrom<Form>("universal", "kubernetes"),
      (lines, form) => {
        convertText("a", lines.join("\n"), form);
      },
    ),
    { numRuns: 1000 },
  );
});
