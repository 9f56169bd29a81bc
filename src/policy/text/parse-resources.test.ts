import { describe, expect, test } from "vitest";
import { compareDiagnostics } from "../diagnostics/index.ts";
import { parseResources } from "./index.ts";

const at = (text: string): string[] =>
  [...parseResources("f", text).diagnostics]
    .sort(compareDiagnostics)
    .map(({ code, span, path }) => `${span?.start.line}:${span?.start.column} ${code} ${path.join(".")}`.trim());

const policy = (rules: string, head = ""): string => `type: MeshPassthrough
name: p
mesh: default
${head}spec:
  default:
    passthroughMode: Matched
    appendMatch:
${rules}`;

test("a policy of the documentation reads without a word, in both forms alike", () => {
  const spec = `spec:
  targetRef:
    kind: MeshSubset
    proxyTypes: ["Sidecar"]
    tags:
      kuma.io/service: demo-app_kuma-demo_svc_5000
  default:
    passthroughMode: Matched
    appendMatch:
    - type: Domain
      value: '*.wikipedia.org'
      protocol: tls
      port: 443
    - {type: CIDR, value: 10.250.0.0/16, protocol: tcp, port: 10000}
`;
  const universal = parseResources("f", `type: MeshPassthrough\nname: p\nmesh: default\n${spec}`);
  const kubernetes = parseResources(
    "f",
    `apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata:\n  name: p\n  namespace: kuma-system\n  labels:\n    kuma.io/mesh: default\n${spec}`,
  );
  expect([...universal.diagnostics, ...kubernetes.diagnostics]).toEqual([]);
  const [a, b] = [universal.resources[0]?.resource, kubernetes.resources[0]?.resource];
  expect(a).toMatchObject({ mode: "Matched", targetRef: { kind: "MeshSubset" } });
  expect({ ...a, meta: undefined }).toEqual({ ...b, meta: undefined });
  expect(a?.meta).toMatchObject({ name: "p", displayName: "p", mesh: "default", form: "universal" });
  expect(b?.meta).toMatchObject({ name: "p.kuma-system", namespace: "kuma-system", displayName: "p", mesh: "default" });
});

test("JSON is read as YAML, and places are those of the JSON", () => {
  const text = `{"type": "MeshPassthrough", "name": "p", "mesh": "default",\n "spec": {"default": {"appendMatch": [\n  {"type": "IP", "value": "1.2.3.4", "port": 0, "protocol": "tcp"}]}}}`;
  expect(at(text)).toEqual(["3:46 E101-port-out-of-range spec.default.appendMatch.0.port"]);
});

test("spanOf gives the place of every written field, and none for what is not written", () => {
  const { resources } = parseResources("f", policy("    - {type: IP, value: 1.2.3.4, port: 80, protocol: tcp}\n"));
  const [located] = resources;
  expect(located?.spanOf(["spec", "default", "appendMatch", 0, "port"])).toEqual({
    file: "f",
    start: { line: 8, column: 40 },
    end: { line: 8, column: 42 },
  });
  expect(located?.spanOf(["name"])?.start).toEqual({ line: 2, column: 7 });
  expect(located?.spanOf([])?.start).toEqual({ line: 1, column: 1 });
  expect(located?.spanOf(["spec", "default", "appendMatch", 1])).toBeUndefined();
  expect(located?.spanOf(["spec", "nothing"])).toBeUndefined();
});

describe("every fault of a file is found in one run, each at its place", () => {
  test("of single fields", () => {
    const rules = `    - type: Domain
      value: '*w.example.com'
      protocol: htp
    - {type: IP, value: 10.0.0.0/8, port: 70000, protocol: tcp}
    - {type: CIDR, value: 10.0.0.1, port: "80"}
    - {type: Domian, value: 7, port: 1.5, protocol: tls}
    - {type: Domain, value: bücher.example, protocol: tls}
    - {type: Domain, value: 10.0.0.1, protocol: tls}
    - {value: a.example, protocol: tls}
    - null
    - x
`;
    expect(at(policy(rules))).toEqual([
      "9:14 E107-partial-wildcard spec.default.appendMatch.0.value",
      "10:17 E105-unknown-value spec.default.appendMatch.0.protocol",
      "11:25 E110-bad-address spec.default.appendMatch.1.value",
      "11:43 E101-port-out-of-range spec.default.appendMatch.1.port",
      "12:7 E119-missing-protocol spec.default.appendMatch.2.protocol",
      "12:27 E111-bad-block spec.default.appendMatch.2.value",
      "12:43 E103-wrong-type spec.default.appendMatch.2.port",
      "13:14 E105-unknown-value spec.default.appendMatch.3.type",
      "13:29 E103-wrong-type spec.default.appendMatch.3.value",
      "13:38 E101-port-out-of-range spec.default.appendMatch.3.port",
      "14:29 E108-domain-not-ascii spec.default.appendMatch.4.value",
      "15:29 E109-address-in-domain spec.default.appendMatch.5.value",
      "16:7 E102-missing-field spec.default.appendMatch.6.type",
      "17:7 E104-null-value spec.default.appendMatch.7",
      "18:7 E103-wrong-type spec.default.appendMatch.8",
    ]);
  });

  test("of several documents, those after a broken one included", () => {
    expect(at(`a: [1\n---\ntype: Mesh\nnam: x\n---\n- 1\n---\nb: 1\n`)).toEqual([
      "2:1 E001-syntax",
      "3:1 E102-missing-field name",
      "4:1 W301-unknown-field nam",
      "6:1 E006-not-a-map",
      "8:1 E007-no-type",
    ]);
  });
});

describe("targetRef", () => {
  const ref = (targetRef: string): string[] =>
    at(`type: MeshPassthrough\nname: p\nmesh: default\nspec:\n  targetRef: ${targetRef}\n  default: {}\n`);
  test.each([
    ["{kind: Mesh}", []],
    ["{kind: MeshSubset}", []],
    ["{kind: MeshSubset, tags: {a: b}, proxyTypes: [Gateway, Sidecar]}", []],
    ["{kind: Mesh, name: '', tags: {}, labels: {}}", []],
    ["{}", ["5:3 E102-missing-field spec.targetRef.kind"]],
    ["null", ["5:14 E104-null-value spec.targetRef"]],
    ["{kind: MeshService, name: x, tags: {}}", ["5:21 E117-target-ref-kind spec.targetRef.kind"]],
    ["{kind: Mesh, tags: {a: b}}", ["5:27 E116-target-ref-field spec.targetRef.tags"]],
    [
      "{kind: MeshSubset, name: x, sectionName: z}",
      ["5:33 E116-target-ref-field spec.targetRef.name", "5:42 E116-target-ref-field spec.targetRef.sectionName"],
    ],
    ["{kind: Mesh, proxyTypes: []}", ["5:39 E115-empty-list spec.targetRef.proxyTypes"]],
    ["{kind: Mesh, proxyTypes: [sidecar]}", ["5:40 E105-unknown-value spec.targetRef.proxyTypes.0"]],
    ["{kind: MeshSubset, tags: {version: 1}}", ["5:49 E103-wrong-type spec.targetRef.tags.version"]],
  ])("%s", (targetRef, expected) => {
    expect(ref(targetRef)).toEqual(expected);
  });
});

describe("YAML itself", () => {
  test.each([
    ["a: 1\na: 2\n", "2:1 E002-duplicate-key"],
    ["a: !foo x\n", "1:4 E004-tag"],
    ["a: !!binary aGk=\n", "1:4 E004-tag"],
    ["a: &x 1\nb: *y\n", "2:4 E003-alias"],
    ["a: &x [*x]\n", "1:8 E003-alias"],
    ["a: &x {b: 1}\nc: {<<: *x}\n", "2:5 E005-merge-key"],
    ["{[1]: 2}", "1:2 E001-syntax"],
    ["a: 'x\n", "2:1 E001-syntax"],
    ["%YAML 1.1\n---\na: 1\n", "1:1 E001-syntax"],
    ["\ta: 1\n", "1:1 E001-syntax"],
  ])("%j", (text, first) => {
    expect(at(text)[0]).toBe(first);
  });

  test("empty documents are no fault", () => {
    for (const text of ["", "\n", "---\n", "---\n---\n", "# words\n", "--- # words\n---\n", "\ufeff"])
      expect(at(text)).toEqual([]);
  });

  test("an alias stands for its value, and faults in it are shown where it is written", () => {
    const { resources, diagnostics } = parseResources(
      "f",
      policy("    - &r {type: IP, value: 1.2.3.4, port: 80, protocol: tcp}\n    - *r\n"),
    );
    expect(diagnostics).toEqual([]);
    expect(resources[0]?.resource).toMatchObject({ rules: [{ port: 80 }, { port: 80 }] });
    expect(resources[0]?.spanOf(["spec", "default", "appendMatch", 1, "port"])?.start.line).toBe(8);
  });

  test("aliases of aliases do not blow up", () => {
    const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}, *l${i}]`);
    const text = `l0: &l0 x\n${levels.join("\n")}\n`;
    const found = parseResources("f", text).diagnostics;
    expect(found.map((d) => d.code)).toContain("E003-alias");
    expect(found.length).toBeLessThan(40);
  });

  test.each(["[", "- ", "{a: ", "? ", "a: [", "!x ", "&a "])("endless nesting of %j is refused", (part) => {
    const { diagnostics, resources } = parseResources("f", part.repeat(20_000));
    expect(resources).toEqual([]);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(diagnostics.length).toBeLessThan(30);
  });
});

describe("what it is", () => {
  test.each([
    ["type: MeshTrafficPermission\nname: x\nmesh: default\n", ["1:7 W302-unknown-type type"]],
    ["apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n", ["2:7 W302-unknown-type kind"]],
    ["apiVersion: other.io/v1\nkind: Mesh\nmetadata: {name: x}\n", ["2:7 W302-unknown-type kind"]],
    ["kind: Mesh\nmetadata: {name: x}\n", ["1:1 E009-api-version apiVersion"]],
    ["apiVersion: kuma.io/v1beta1\nkind: Mesh\nmetadata: {name: x}\n", ["1:13 E009-api-version apiVersion"]],
    ["type: 7\n", ["1:7 E103-wrong-type type"]],
  ])("%j", (text, expected) => {
    expect(at(text)).toEqual(expected);
  });

  test("a mistyped type of ours comes with the right one", () => {
    expect(parseResources("f", "type: MeshPasthrough\n").diagnostics[0]?.help).toBe("did you mean `MeshPassthrough`?");
  });

  test("lists as kubectl and the REST API print them hold resources", () => {
    const mesh = "{apiVersion: kuma.io/v1alpha1, kind: Mesh, metadata: {name: m}}";
    const list = parseResources("f", `apiVersion: v1\nkind: List\nitems: [${mesh}, {}]\n`);
    expect(list.resources.map(({ resource }) => resource.meta.name)).toEqual(["m"]);
    expect(list.diagnostics.map(({ code }) => code)).toEqual(["E007-no-type"]);
    const rest = parseResources("f", `{"total": 1, "items": [{"type": "Mesh", "name": "m"}], "next": null}`);
    expect(rest.resources.map(({ resource }) => resource.meta.name)).toEqual(["m"]);
    expect(rest.diagnostics).toEqual([]);
  });
});

describe("unknown fields are a warning with the closest known one", () => {
  test.each([
    ["passthroughmode: All", "passthroughMode"],
    ["apendMatch: []", "appendMatch"],
    ["match: []", undefined],
  ])("%s", (field, nearest) => {
    const text = `type: MeshPassthrough\nname: p\nmesh: default\nspec:\n  default:\n    ${field}\n`;
    const [warning, ...rest] = parseResources("f", text).diagnostics;
    expect(rest).toEqual([]);
    expect(warning).toMatchObject({
      code: "W301-unknown-field",
      severity: "warning",
      span: { start: { line: 6, column: 5 } },
    });
    if (nearest === undefined) expect(warning?.help).toContain("known here");
    else expect(warning?.help).toBe(`did you mean \`${nearest}\`?`);
  });

  test("__proto__ is a field like any other", () => {
    const { diagnostics } = parseResources("f", "type: Mesh\nname: m\n__proto__: {a: 1}\nconstructor: 1\n");
    expect(diagnostics.map(({ code, path }) => `${code} ${path.join(".")}`)).toEqual([
      "W301-unknown-field __proto__",
      "W301-unknown-field constructor",
    ]);
  });
});

describe("what YAML 1.1 reads as another value is a warning", () => {
  const odd = (head: string, rules: string): string[] =>
    parseResources("f", policy(rules, head)).diagnostics.map(
      ({ code, span, message }) =>
        `${span?.start.line}:${span?.start.column} ${code} ${message.replace(/ where.*/, "")}`,
    );
  const rule = (port: string, value = "a.example"): string =>
    `    - {type: Domain, value: ${value}, port: ${port}, protocol: tls}`;

  test("numbers in octal, and words for true and false", () => {
    expect(odd("labels:\n  a: yes\n  off: b\n  c: 'no'\n  d: nope\n", rule("0443"))).toEqual([
      "5:6 W312-ambiguous-yaml `yes` is a text here, and `true`",
      "6:3 W312-ambiguous-yaml `off` is a text here, and `false`",
      "13:46 W312-ambiguous-yaml `0443` is `443` here, and `291`",
    ]);
    expect(odd("", rule("080", "n"))).toEqual(["8:29 W312-ambiguous-yaml `n` is a text here, and `false`"]);
    expect(odd("", rule("07"))).toEqual([]);
  });

  test("not where a document is left alone, and once for an anchor", () => {
    expect(parseResources("f", "type: Other\na: no\n").diagnostics.map(({ code }) => code)).toEqual([
      "W302-unknown-type",
    ]);
    expect(odd("labels: {a: &x yes, b: *x}\n", rule("443"))).toHaveLength(1);
  });
});

test.each([
  ["protocol: https", "did you mean `tls`?"],
  ["protocol: H2C", "did you mean `http2`?"],
  ["protocol: constructor", undefined],
  ["type: Hostname", "did you mean `Domain`?"],
  ["port: [80, 443]", "write one number, in an entry for each that is meant"],
  ["port: 8000-8010", "write one number, in an entry for each that is meant"],
])("%s comes with what is meant", (field, help) => {
  const fields = { type: "Domain", value: "a.example", port: "443", protocol: "tls" };
  const [name = "", value = ""] = field.split(": ");
  const entry = Object.entries({ ...fields, [name]: value }).map(([key, text]) => `${key}: ${text}`);
  const found = parseResources("f", policy(`    - {${entry.join(", ")}}`)).diagnostics;
  expect(found.map((one) => one.help)).toEqual([help]);
});
