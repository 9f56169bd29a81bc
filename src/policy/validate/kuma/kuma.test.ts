import { describe, expect, test } from "vitest";
import { kumaKubernetes, kumaSpecViolations, kumaUniversal, pathOfViolation } from "./index.ts";
import { isKumaCidr, isKumaDnsName, isKumaIp } from "./values.ts";

type Rule = { type?: string; value?: string; port?: number; protocol?: string };

const spec = (...appendMatch: Rule[]) => ({ default: { passthroughMode: "Matched", appendMatch } });
const onPort80 = (...protocols: string[]) =>
  spec(...protocols.map((protocol, i) => ({ type: "IP", value: `10.0.0.${i}`, port: 80, protocol })));
const policy = (body: unknown, more: object = {}) => ({
  type: "MeshPassthrough",
  mesh: "default",
  name: "p",
  spec: body,
  ...more,
});
const fields = (verdict: ReturnType<typeof kumaUniversal>): string[] =>
  "error" in verdict ? [verdict.error] : verdict.violations.map(({ field }) => field);

describe("protocols on one port: the order of the rules decides", () => {
  test.each([
    [["http", "tls"], []],
    [["tls", "http"], [1]],
    [["http", "tcp", "http"], [2]],
    [["tcp", "tls"], []],
    [["http", "http2"], [1]],
    [["http", "http"], []],
    [["http", "http2", "http"], [1]],
  ])("%j", (protocols, refused) => {
    const found = kumaSpecViolations(onPort80(...protocols)).map(({ field }) => field);
    expect(found).toEqual(refused.map((i) => `spec.default.appendMatch[${i}].port`));
  });

  test("rules without port clash with nothing, and may be written twice", () => {
    const rule = { type: "Domain", value: "a", protocol: "http" };
    expect(kumaSpecViolations(spec(rule, rule, { ...rule, protocol: "http2" }))).toEqual([]);
  });
});

describe("values", () => {
  test.each([
    "x",
    "Example.COM",
    "_srv.a",
    "foo-.bar",
    "a_b.c",
    "example.com.",
    "1.2.3",
    "1.2.3.4.",
    "256.1.1.1",
    "1.2.3.04",
    `${"a".repeat(63)}_`,
    // 255 characters, dots not counted.
    `${`${"a".repeat(63)}.`.repeat(4)}abc`,
  ])("%j is a name", (text) => expect(isKumaDnsName(text)).toBe(true));
  test.each([
    "1.2.3.4",
    "example.com..",
    ".a",
    "a..b",
    "-a.b",
    "a:80",
    "é.com",
    "a".repeat(64),
    "",
    "*.a",
    `${`${"a".repeat(63)}.`.repeat(4)}abcd`,
  ])("%j is no name", (text) => expect(isKumaDnsName(text)).toBe(false));
  test.each(["*", "*.", "*..", "*.a b", "*.1.2.3.4", "*.*.x"])("the wildcard %j passes", (value) =>
    expect(kumaSpecViolations(spec({ type: "Domain", value, port: 443, protocol: "tls" }))).toEqual([]),
  );
  test.each(["::ffff:1.2.3.4", "::1", "FE80::1", "10.0.0.1"])("%j is an address", (text) =>
    expect(isKumaIp(text)).toBe(true),
  );
  test.each(["fe80::1%eth0", "010.0.0.1", "1.2.3", "[::1]", "1.2.3.4:80", " 1.2.3.4", ""])("%j is no address", (text) =>
    expect(isKumaIp(text)).toBe(false),
  );
  test.each(["10.0.0.1/8", "10.0.0.0/08", "::1/128", "::ffff:1.2.3.4/100"])("%j is a block", (text) =>
    expect(isKumaCidr(text)).toBe(true),
  );
  test.each([
    "10.0.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/+8",
    "10.0.0.0/8 ",
    "10.0.0.0/1e1",
    "fe80::%1/64",
    "::/129",
  ])("%j is no block", (text) => expect(isKumaCidr(text)).toBe(false));
});

describe("Universal", () => {
  const rule = { type: "IP", value: "10.0.0.1", protocol: "tcp" };

  test("schema before decoder before validator before labels and name", () => {
    const more = { name: "Bad Name", labels: { "kuma.io/origin": "moon" } };
    expect(fields(kumaUniversal(policy(spec({ ...rule, type: "Host", port: -1 }), more), {}))).toEqual([
      "spec.default.appendMatch[0].type",
    ]);
    expect(fields(kumaUniversal(policy(spec({ ...rule, port: -1, value: "x" }), more), {}))[0]).toContain(
      "cannot unmarshal number -1 into Go struct field Match.spec.default.appendMatch.port of type uint32",
    );
    expect(fields(kumaUniversal(policy(spec({ ...rule, value: "x" }), more), {}))).toEqual([
      "spec.default.appendMatch[0].value",
    ]);
    expect(fields(kumaUniversal(policy(spec(rule), more), {}))).toEqual(['labels["kuma.io/origin"]', "name"]);
  });

  test("a field in another case is the field, and the schema does not see it", () => {
    const { violations } = {
      violations: [],
      ...kumaUniversal(policy({ Default: { AppendMatch: [{ Type: "x" }] } }), {}),
    };
    expect(violations.map(({ field }: { field: string }) => field)).toEqual([
      "spec.default.appendMatch[0].protocol",
      "spec.default.appendMatch[0].type",
    ]);
  });

  test.each([
    [1.5, "number 1.5"],
    [-1, "number -1"],
    [4_294_967_296, "number 4294967296"],
    ["80", "string"],
  ])("the port %j, which the schema does not see", (Port, got) => {
    expect(fields(kumaUniversal(policy({ Default: { AppendMatch: [{ ...rule, Port }] } }), {}))).toEqual([
      expect.stringContaining(`cannot unmarshal ${got} into Go struct field`),
    ]);
  });

  test("an absent protocol is refused, an absent mode is not", () => {
    expect(
      fields(kumaUniversal(policy({ default: { appendMatch: [{ type: "IP", value: "10.0.0.1" }] } }), {})),
    ).toEqual(["spec.default.appendMatch[0].protocol"]);
    expect(kumaUniversal(policy({ default: {} }), {})).toEqual({ valid: true, violations: [] });
  });

  test.each([
    [1.5, 'in body must be of type int32: "double"'],
    ["80", 'in body must be of type integer: "string"'],
    [null, 'in body must be of type integer: "null"'],
  ])("the port %j", (port, message) => {
    const body = { default: { appendMatch: [{ ...rule, port }] } };
    expect(kumaUniversal(policy(body), {})).toEqual({
      valid: false,
      violations: [{ field: "spec.default.appendMatch[0].port", message }],
    });
  });

  test("a null is a wrong type", () => {
    expect(fields(kumaUniversal(policy({ targetRef: null }), {}))).toEqual(["spec.targetRef"]);
  });

  test("labels of another zone and mesh, where there is a zone", () => {
    const labels = { "kuma.io/zone": "b", "kuma.io/mesh": "m" };
    expect(fields(kumaUniversal(policy({}, { labels }), {}))).toEqual([]);
    expect(fields(kumaUniversal(policy({}, { labels }), { zone: "a" }))).toEqual([
      'labels["kuma.io/zone"]',
      'labels["kuma.io/mesh"]',
    ]);
    expect(
      fields(kumaUniversal(policy({}, { labels: { ...labels, "kuma.io/origin": "global" } }), { zone: "a" })),
    ).toEqual([]);
  });

  test("any policy role may be written (V1)", () => {
    expect(fields(kumaUniversal(policy({}, { labels: { "kuma.io/policy-role": "consumer" } }), {}))).toEqual([]);
  });

  test("label names and values in Kubernetes' words", () => {
    const verdict = kumaUniversal(
      policy({}, { labels: { "": "bar", foo: "^*bar", "foo/bar/baz": "bar", "A/b": "" } }),
      {},
    );
    const messages = "violations" in verdict ? verdict.violations.map(({ message }) => message) : [];
    const regex = "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'";
    const name = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is ${regex})`;
    expect(messages).toEqual([
      "name part must be non-empty",
      `name part ${name}`,
      "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      `a qualified name ${name} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]);
  });

  test("what exists keeps a name that nothing new could have", () => {
    expect(fields(kumaUniversal(policy({}, { name: "a_b" }), {}))).toEqual(["name"]);
    expect(fields(kumaUniversal(policy({}, { name: "a_b" }), { exists: true }))).toEqual([]);
  });
});

describe("Kubernetes", () => {
  const object = (body: unknown, metadata: object = { name: "p" }) => ({
    apiVersion: "kuma.io/v1alpha1",
    kind: "MeshPassthrough",
    metadata,
    spec: body,
  });

  test("an absent protocol is tcp, which a domain cannot have", () => {
    const without = (type: string, value: string) => object({ default: { appendMatch: [{ type, value, port: 80 }] } });
    expect(fields(kumaKubernetes(without("IP", "10.0.0.1")))).toEqual([]);
    expect(fields(kumaKubernetes(without("Domain", "a.example")))).toEqual(["spec.default.appendMatch[0].protocol"]);
  });

  test("nulls and unknown fields are dropped", () => {
    expect(fields(kumaKubernetes(object({ targetRef: null, Default: 3, default: { Protocol: 1 } })))).toEqual([]);
  });

  test("a value of a wrong type is that, whatever is in it", () => {
    expect(fields(kumaKubernetes(object({ targetRef: [{}] })))).toEqual(["spec.targetRef"]);
    expect(fields(kumaKubernetes(object({ default: { passthroughMode: { a: 1 } } })))).toContain(
      "spec.default.passthroughMode",
    );
  });

  test("what cannot be decoded is refused with the decoder's error", () => {
    const rule = { type: "IP", value: "10.0.0.1", port: -1 };
    expect(kumaKubernetes(object({ default: { appendMatch: [rule] } }))).toEqual({
      valid: false,
      error: expect.stringContaining("cannot unmarshal number -1"),
    });
    for (const [kind, spec] of [
      ["Mesh", { mtls: 1 }],
      ["Dataplane", { probes: 1 }],
    ])
      expect(kumaKubernetes({ ...object(spec), kind })).toEqual({
        valid: false,
        error: "json: cannot unmarshal number into Go value of type map[string]json.RawMessage",
      });
  });

  test("a Dataplane is held to the validator of Dataplanes, a Mesh is not", () => {
    const inbound = [{ port: 80, tags: { "kuma.io/service": "web" } }];
    const dataplane = (networking: object) => ({ ...object({ networking }), kind: "Dataplane" });
    expect(fields(kumaKubernetes(dataplane({ address: "10.0.0.1", inbound })))).toEqual([]);
    expect(fields(kumaKubernetes(dataplane({ inbound })))).toEqual(["networking.address"]);
    expect(fields(kumaKubernetes({ ...object({}), kind: "Mesh" }))).toEqual([]);
  });

  test("the schema and the name come first, in an API server's words", () => {
    expect(
      kumaKubernetes(object({ default: { passthroughMode: "x" }, targetRef: { kind: "MeshService" } }, {})),
    ).toEqual({
      valid: false,
      violations: [
        { field: "metadata.name", message: "Required value: name or generateName is required" },
        {
          field: "spec.default.passthroughMode",
          message: 'Unsupported value: "x": supported values: "All", "Matched", "None"',
        },
      ],
    });
  });
});

test.each([
  ["spec.default.appendMatch[2].port", ["spec", "default", "appendMatch", 2, "port"]],
  ['labels["kuma.io/origin"]', ["labels", "kuma.io/origin"]],
  ['networking.inbound[0].tags["a\\"]b"].x', ["networking", "inbound", 0, "tags", 'a"]b', "x"]],
  ["spec.default.appendMatch[12]", ["spec", "default", "appendMatch", 12]],
  ["", []],
])("the path of the field %j", (field, path) => {
  expect(pathOfViolation({ field, message: "m" })).toEqual(path);
});

test("the schema names the field in its message where it has no field", () => {
  const field = "spec.targetRef";
  const message = `Invalid value: "array": ${field} in body must be of type object: "array"`;
  expect(pathOfViolation({ field, message })).toEqual(["spec", "targetRef"]);
  expect(pathOfViolation({ field: "", message: "labels.a in body must be of type string" })).toEqual(["labels", "a"]);
  expect(pathOfViolation({ field: "", message: ".spec in body is required" })).toEqual(["spec"]);
});
