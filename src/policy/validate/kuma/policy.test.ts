import { describe, expect, test } from "vitest";
import { kumaKubernetes, kumaParse, kumaSpecViolations, kumaTargetRef, kumaUniversal } from "./index.ts";
import { asText, byCode, structFields } from "./violation.ts";

const said = (violations: readonly { field: string; message: string }[]): string[] =>
  violations.map(({ field, message }) => `${field}: ${message}`);
const saidOf = (verdict: ReturnType<typeof kumaUniversal>): string | string[] =>
  "error" in verdict ? verdict.error : said(verdict.violations);

describe("a rule", () => {
  const AT = "spec.default.appendMatch[0]";
  const rule = (match: object): string[] =>
    said(kumaSpecViolations({ default: { appendMatch: [match] } })).map((text) => text.replace(AT, ""));
  const domain = { type: "Domain", value: "a.test", protocol: "tls", port: 443 };
  const ip = { type: "IP", value: "10.0.0.1", protocol: "tcp", port: 443 };
  const cidr = { type: "CIDR", value: "10.0.0.0/8", protocol: "tcp", port: 443 };
  const NAME = ".value: provided DNS has incorrect value";
  test.each<[object, string[]]>([
    [domain, []],
    [ip, []],
    [cidr, []],
    [{ ...ip, value: "a.test" }, [".value: provided IP has incorrect value"]],
    [{ ...cidr, value: "10.0.0.1" }, [".value: provided CIDR has incorrect value"]],
    [{ ...domain, value: "a b" }, [NAME]],
    [{ ...domain, value: "*a.test" }, [`${NAME}, partial wildcard is currently not supported`]],
    [{ ...domain, value: "a*.test" }, [NAME]],
    [{ ...domain, value: "a*b.test" }, [NAME]],
    [{ ...domain, protocol: "tcp" }, [".protocol: protocol tcp is not supported for a domain"]],
    [{ ...ip, port: 1 }, []],
    [{ ...ip, port: 65_535 }, []],
    [{ ...ip, port: 0 }, [".port: port must be a valid (1-65535)"]],
    [{ ...ip, port: 65_536 }, [".port: port must be a valid (1-65535)"]],
    [{ ...ip, type: "Host" }, [".type: provided type Host is not supported, one of Domain, IP, or CIDR is supported"]],
    [{ ...ip, protocol: "udp" }, ['.protocol: "protocol" must be one of ["tcp", "tls", "grpc", "http", "http2"]']],
    ...["tcp", "tls", "grpc", "http", "http2"].map((protocol): [object, string[]] => [{ ...ip, protocol }, []]),
    ...["grpc", "http", "http2"].map((protocol): [object, string[]] => [
      { ...domain, value: "*.test", protocol, port: undefined },
      [".port: wildcard domains doesn't work for all ports and layer 7 protocol"],
    ]),
    [{ ...domain, value: "*.test", port: undefined }, []],
    [{ ...domain, protocol: "http", port: undefined }, []],
    [{ ...domain, value: "*.test", protocol: "http" }, []],
  ])("%j", (match, expected) => {
    expect(rule(match)).toEqual(expected);
  });

  test("the same value twice, for the same port and protocol", () => {
    const twice = (other: object) => said(kumaSpecViolations({ default: { appendMatch: [ip, { ...ip, ...other }] } }));
    expect(twice({})).toEqual([
      "spec.default.appendMatch[1].value: value 10.0.0.1 is already defiend for this port and protocol",
    ]);
    for (const other of [{ port: 80 }, { protocol: "tls" }, { value: "10.0.0.2" }]) expect(twice(other)).toEqual([]);
  });

  test("ports that clash name the protocols that must not", () => {
    const rules = [
      { ...ip, protocol: "http" },
      { ...ip, protocol: "grpc" },
    ];
    expect(said(kumaSpecViolations({ default: { appendMatch: rules } }))).toEqual([
      "spec.default.appendMatch[1].port: using the same port in multiple matches requires the same protocol for the following protocols: [grpc http http2]",
    ]);
  });
});

test("a policy selects a mesh or a subset of it", () => {
  const selecting = (kind: string): string[] => said(kumaSpecViolations({ targetRef: { kind } }));
  expect(selecting("Mesh")).toEqual([]);
  expect(selecting("MeshSubset")).toEqual([]);
  expect(selecting("MeshService")).toEqual(["spec.targetRef.kind: value is not supported"]);
});

describe("a selector", () => {
  const ref = (targetRef: unknown, ...supported: string[]): string[] =>
    said(kumaTargetRef(targetRef, supported.length === 0 ? ["Mesh", "MeshSubset"] : supported, "ref"));
  test.each<[object, string[]]>([
    [{ kind: "Mesh" }, []],
    [{ kind: "Mesh", proxyTypes: ["Gateway"] }, []],
    [{ kind: "MeshSubset", tags: { a: "b" }, proxyTypes: [] }, []],
    [{}, ["ref.kind: must be defined"]],
    [{ kind: "" }, ["ref.kind: must be defined"]],
    [{ kind: "MeshService" }, ["ref.kind: value is not supported"]],
    [{ kind: "Mesh", name: "a" }, ["ref.name: using name with kind Mesh is not yet supported"]],
    [
      { sectionName: "a", namespace: "a", labels: { a: "" }, tags: { a: "" }, mesh: "a", name: "a", kind: "Mesh" },
      [
        "ref.name: using name with kind Mesh is not yet supported",
        ...["mesh", "tags", "labels", "namespace", "sectionName"].map(
          (f) => `ref.${f}: must not be set with kind Mesh`,
        ),
      ],
    ],
    [
      {
        sectionName: "a",
        namespace: "a",
        labels: { a: "" },
        tags: { a: "" },
        mesh: "a",
        name: "a",
        kind: "MeshSubset",
      },
      [
        ...["name", "mesh"].map((f) => `ref.${f}: must not be set with kind MeshSubset`),
        'ref.tags["a"]: tag value must be non-empty',
        ...["labels", "namespace", "sectionName"].map((f) => `ref.${f}: must not be set with kind MeshSubset`),
      ],
    ],
    // Empty is not set.
    [{ kind: "Mesh", name: "", mesh: "", tags: {}, labels: {}, namespace: "", sectionName: "" }, []],
    [{ kind: "Mesh", tags: [] }, []],
    [{ kind: "Mesh", tags: ["a"] }, ["ref.tags: must not be set with kind Mesh"]],
  ])("%j", (targetRef, expected) => {
    expect(ref(targetRef)).toEqual(expected);
  });

  test("kinds are those of the policy", () => {
    expect(ref({ kind: "MeshSubset" }, "Mesh")).toEqual(["ref.kind: value is not supported"]);
  });

  test("of a policy it is looked at where there is one", () => {
    expect(said(kumaSpecViolations({ targetRef: { kind: "X" } }))).toEqual([
      "spec.targetRef.kind: value is not supported",
    ]);
    expect(said(kumaSpecViolations({ targetRef: {} }))).toEqual(["spec.targetRef.kind: must be defined"]);
    expect(said(kumaSpecViolations({ targetRef: null }))).toEqual([]);
    expect(said(kumaSpecViolations(undefined))).toEqual([]);
    const rule = { type: "X", protocol: "tcp" };
    expect(kumaSpecViolations({ default: { appendMatch: [rule] }, targetRef: {} }).map(({ field }) => field)).toEqual([
      "spec.targetRef.kind",
      "spec.default.appendMatch[0].type",
    ]);
  });
});

describe("the schema of the REST API", () => {
  const document = { type: "MeshPassthrough", name: "p", mesh: "default", spec: {} };
  const universal = (changes: object) => saidOf(kumaUniversal({ ...document, ...changes }, {}));
  const KINDS =
    "Mesh MeshSubset MeshGateway MeshService MeshExternalService MeshMultiZoneService MeshServiceSubset MeshHTTPRoute";
  test.each<[object, string[]]>([
    [{}, []],
    [{ other: 1, spec: { other: 1 } }, []],
    [{ name: 1 }, [': name in body must be of type string: "number"']],
    [{ labels: ["a"] }, [': labels in body must be of type object: "array"']],
    [{ labels: { a: 1 } }, [': labels.a in body must be of type string: "number"']],
    [{ mesh: null }, [': mesh in body must be of type string: "null"']],
    [{ spec: 1 }, [': spec in body must be of type object: "number"']],
    [{ spec: { default: "x" } }, ['spec.default: in body must be of type object: "string"']],
    [{ spec: { targetRef: { kind: "X" } } }, [`spec.targetRef.kind: in body should be one of [${KINDS}]`]],
    [
      { spec: { targetRef: { kind: 1 } } },
      [
        'spec.targetRef.kind: in body must be of type string: "number"',
        `spec.targetRef.kind: in body should be one of [${KINDS}]`,
      ],
    ],
    [{ spec: { targetRef: { kind: "Mesh", proxyTypes: ["Sidecar"] } } }, []],
    [
      { spec: { targetRef: { kind: "Mesh", proxyTypes: [] } } },
      ["spec.targetRef.proxyTypes: in body should have at least 1 items"],
    ],
    [
      { spec: { targetRef: { kind: "Mesh", proxyTypes: ["Sidecar", "X"] } } },
      ["spec.targetRef.proxyTypes[1]: in body should be one of [Sidecar Gateway]"],
    ],
    [
      { spec: { default: { passthroughMode: "x", appendMatch: {} } } },
      [
        "spec.default.passthroughMode: in body should be one of [All Matched None]",
        'spec.default.appendMatch: in body must be of type array: "object"',
      ],
    ],
    [
      { spec: { default: { appendMatch: [1, { port: 1.5 }] } } },
      [
        'spec.default.appendMatch[0]: in body must be of type object: "number"',
        'spec.default.appendMatch[1].port: in body must be of type int32: "double"',
      ],
    ],
  ])("%j", (changes, expected) => {
    expect(universal(changes)).toEqual(expected);
  });

  test("what is missing at the top is told last, below it never", () => {
    expect(saidOf(kumaParse({ type: "MeshPassthrough", mesh: 1 }))).toEqual([
      ': mesh in body must be of type string: "number"',
      ": .name in body is required",
      ": .spec in body is required",
    ]);
    expect(universal({ spec: { targetRef: {} } })).toEqual(["spec.targetRef.kind: must be defined"]);
  });
});

describe("ports that the schema lets pass", () => {
  const document = (port: unknown) => ({
    type: "MeshPassthrough",
    name: "p",
    mesh: "default",
    spec: { default: { appendMatch: [{ type: "IP", value: "10.0.0.1", protocol: "tcp", port }] } },
  });
  const failed = (got: string) =>
    `invalid MeshPassthrough object: ${JSON.stringify(`error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${got} into Go struct field Match.spec.default.appendMatch.port of type uint32`)}`;
  test.each<[unknown, string | string[]]>([
    [4_294_967_295, ["spec.default.appendMatch[0].port: port must be a valid (1-65535)"]],
    [4_294_967_296, failed("number 4294967296")],
    [-1, failed("number -1")],
    [0, ["spec.default.appendMatch[0].port: port must be a valid (1-65535)"]],
  ])("%j", (port, expected) => {
    expect(saidOf(kumaUniversal(document(port), {}))).toEqual(expected);
  });

  test("in a field of another case the schema looks at nothing", () => {
    const { spec: _, ...rest } = document(1);
    const match = { type: "IP", value: "10.0.0.1", protocol: "tcp" };
    const of = (port: unknown) =>
      saidOf(kumaUniversal({ ...rest, spec: { Default: { appendMatch: [{ ...match, Port: port }] } } }, {}));
    expect(of("80")).toEqual(failed("string"));
    expect(of(null)).toEqual([]);
  });
});

describe("types", () => {
  test("a Mesh is decoded, and has nothing to be refused for", () => {
    const mesh = { type: "Mesh", name: "default" };
    expect(kumaUniversal({ ...mesh, networking: { outbound: { passthrough: false } } }, {})).toEqual({
      valid: true,
      violations: [],
    });
    expect(saidOf(kumaUniversal({ ...mesh, networking: { outbound: { passthrough: "no" } } }, {}))).toBe(
      'invalid Mesh object: "json: cannot unmarshal string into Go value of type bool"',
    );
    expect(saidOf(kumaUniversal({ ...mesh, name: "" }, {}))).toEqual(["name: cannot be empty"]);
  });

  test("no other type is one", () => {
    expect(saidOf(kumaUniversal({ type: "MeshTimeout", name: "t" }, {}))).toBe('invalid resource type "MeshTimeout"');
    expect(saidOf(kumaUniversal(1, {}))).toBe('invalid resource type ""');
  });

  test("a policy has a mesh, and names of what exists are held to less", () => {
    const policy = { type: "MeshPassthrough", name: "a_b", spec: {} };
    expect(saidOf(kumaUniversal(policy, { exists: true }))).toEqual(["mesh: cannot be empty"]);
  });
});

describe("an API server", () => {
  const object = (spec: unknown, metadata: object = { name: "p" }, kind = "MeshPassthrough") => ({
    apiVersion: "kuma.io/v1alpha1",
    kind,
    metadata,
    spec,
  });
  const kubernetes = (...args: Parameters<typeof object>) => saidOf(kumaKubernetes(object(...args)));

  test("names and labels", () => {
    expect(kubernetes({}, { generateName: "p-" })).toEqual([]);
    expect(kubernetes({}, { generateName: "" })).toEqual([
      "metadata.name: Required value: name or generateName is required",
    ]);
    const SUBDOMAIN =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    expect(kubernetes({}, { name: "a_b" })).toEqual([`metadata.name: Invalid value: "a_b": ${SUBDOMAIN}`]);
    expect(kubernetes({}, { name: "p", labels: { b: "x".repeat(64), a: "", [`a/${"x".repeat(64)}`]: "" } })).toEqual([
      `metadata.labels: Invalid value: "a/${"x".repeat(64)}": name part must be no more than 63 characters`,
      `metadata.labels: Invalid value: "${"x".repeat(64)}": must be no more than 63 characters`,
    ]);
    expect(saidOf(kumaKubernetes({ kind: "MeshPassthrough" }))).toEqual([
      "metadata.name: Required value: name or generateName is required",
    ]);
    expect(saidOf(kumaKubernetes(null))).toEqual(["metadata.name: Required value: name or generateName is required"]);
  });

  test("the schema in its words; without a spec there is nothing to check", () => {
    expect(kubernetes(undefined)).toEqual([]);
    expect(kubernetes({ targetRef: 1 })).toEqual([
      'spec.targetRef: Invalid value: "number": spec.targetRef in body must be of type object: "number"',
    ]);
    expect(kubernetes(1)).toEqual(['spec: Invalid value: "number": spec in body must be of type object: "number"']);
    expect(kubernetes({ targetRef: { kind: "Mesh", proxyTypes: [] } })).toEqual([
      "spec.targetRef.proxyTypes: Invalid value: 0: spec.targetRef.proxyTypes in body should have at least 1 items",
    ]);
    expect(kubernetes({ default: 1 })).toEqual([
      'spec.default: Invalid value: "number": spec.default in body must be of type object: "number"',
    ]);
    expect(kubernetes({ default: { appendMatch: 1 } })).toEqual([
      'spec.default.appendMatch: Invalid value: "number": spec.default.appendMatch in body must be of type array: "number"',
    ]);
    expect(kubernetes({ default: { appendMatch: [1] } })).toEqual([
      'spec.default.appendMatch[0]: Invalid value: "number": spec.default.appendMatch[0] in body must be of type object: "number"',
    ]);
  });

  test("then the validator, on what is stored", () => {
    const port = { type: "IP", value: "10.0.0.1", port: -1 };
    expect(kubernetes({ default: { appendMatch: [port] } })).toBe(
      "json: cannot unmarshal number -1 into Go struct field Match.spec.default.appendMatch.port of type uint32",
    );
    expect(kubernetes({ default: { appendMatch: [{ ...port, port: 0 }] } })).toEqual([
      "spec.default.appendMatch[0].port: port must be a valid (1-65535)",
    ]);
    expect(kubernetes({ default: { appendMatch: [{ ...port, port: null }, null] } })).toEqual([
      'spec.default.appendMatch[1]: Invalid value: "null": spec.default.appendMatch[1] in body must be of type object: "null"',
    ]);
    // A map keeps its keys, whatever they are; a null in it goes.
    expect(kubernetes({ targetRef: { kind: "MeshSubset", tags: { b: null, "a b": "c" } } })).toEqual([
      'spec.targetRef.tags["a b"]: tag name must consist of alphanumeric characters, dots, dashes, slashes and underscores',
    ]);
    expect(kubernetes({ targetRef: { kind: "MeshSubset", tags: "a" } })).toEqual([
      'spec.targetRef.tags: Invalid value: "string": spec.targetRef.tags in body must be of type object: "string"',
    ]);
  });

  test("a Mesh and a Dataplane are decoded", () => {
    expect(kubernetes(undefined, { name: "m" }, "Mesh")).toEqual([]);
    expect(kubernetes({ networking: 1 }, { name: "m" }, "Mesh")).toBe(
      "json: cannot unmarshal number into Go value of type map[string]json.RawMessage",
    );
    expect(kubernetes({}, { name: "d" }, "Dataplane")).toEqual(["networking: must be defined"]);
    expect(kubernetes({ networking: { address: true } }, { name: "d" }, "Dataplane")).toBe(
      "json: cannot unmarshal bool into Go value of type string",
    );
  });
});

test("the fields of a Go struct: any case, the exact one first, others left out", () => {
  expect(structFields({ NAME: 1, name: 2, Kind: 3, other: 4 }, ["name", "kind", "mesh"])).toStrictEqual({
    name: 2,
    kind: 3,
  });
  expect(structFields([], ["length"])).toStrictEqual({});
});

test("text as Kuma's YAML reader makes it of a scalar", () => {
  expect(["a", 1, true, null, undefined, {}, ["a"]].map(asText)).toEqual(["a", "1", "true", "", "", "", ""]);
});

test("texts are ordered by their bytes", () => {
  expect([byCode("a", "b"), byCode("b", "a"), byCode("a", "a"), byCode("B", "a")]).toEqual([-1, 1, 0, -1]);
});
