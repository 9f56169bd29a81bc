import { describe, expect, test } from "vitest";
import { kumaDataplaneViolations, kumaUniversal } from "./index.ts";

const TAGS = { "kuma.io/service": "web" };
const WEB = { port: 80, tags: TAGS };

const said = (dataplane: Readonly<Record<string, unknown>>): string[] =>
  kumaDataplaneViolations(dataplane).map(({ field, message }) => `${field}: ${message}`);
const networking = (fields: object, rest: object = {}): string[] =>
  said({ networking: { address: "10.0.0.1", inbound: [WEB], ...fields }, ...rest });
const inbound = (fields: object, others: object = {}): string[] =>
  networking({ inbound: [{ ...WEB, ...fields }], ...others }).map((text) => text.replace("networking.inbound[0].", ""));
const outbound = (fields: object): string[] =>
  networking({ outbound: [{ port: 3000, ...fields }] }).map((text) => text.replace("networking.outbound[0]", ""));

const RANGE = "port must be in the range [1, 65535]";
const NOT_IP = "address has to be valid IP address";
const BACKENDS = "invalid value. Available values are: MeshExternalService,MeshMultiZoneService,MeshService";

describe("shape", () => {
  test("networking is required, and an inbound or a gateway in it", () => {
    expect(said({})).toEqual(["networking: must be defined"]);
    expect(networking({})).toEqual([]);
    expect(networking({ inbound: [] })).toEqual([
      "networking: has to contain at least one inbound interface or gateway",
    ]);
    expect(networking({ inbound: undefined })).toEqual([
      "networking: has to contain at least one inbound interface or gateway",
    ]);
    expect(networking({ inbound: undefined, gateway: { tags: TAGS } })).toEqual([]);
  });

  test("what a gateway must not have depends on its type", () => {
    const probes = { probes: { port: 9000 } };
    const outbounds = { outbound: [{ port: 1, tags: TAGS }] };
    const delegated = { gateway: { tags: TAGS } };
    const builtin = { gateway: { tags: TAGS, type: "BUILTIN" } };
    expect(networking({ ...delegated, ...outbounds }, probes)).toEqual([
      "networking.inbound: inbound cannot be defined for delegated gateways",
    ]);
    expect(networking({ ...builtin, ...outbounds }, probes)).toEqual([
      "networking.inbound: inbound cannot be defined for builtin gateways",
      "networking.outbound: outbound cannot be defined for builtin gateways",
      "networking.probes: probes cannot be defined for builtin gateways",
    ]);
    expect(networking({ ...builtin, inbound: [], outbound: [] })).toEqual([]);
    expect(networking({ ...builtin, inbound: [] }, { probes: { port: 70_000 } })).toEqual([
      "networking.probes: probes cannot be defined for builtin gateways",
    ]);
  });

  test("a gateway has a service, and speaks tcp", () => {
    const gateway = (tags: unknown) => networking({ inbound: [], gateway: { tags } });
    expect(gateway(undefined)).toEqual(['networking.gateway.tags: mandatory tag "kuma.io/service" is missing']);
    expect(gateway({ ...TAGS, "kuma.io/protocol": "tcp" })).toEqual([]);
    expect(gateway({ ...TAGS, "kuma.io/protocol": "http" })).toEqual([
      'networking.gateway.tags["kuma.io/protocol"]: other values than tcp are not allowed, provided value "http"',
    ]);
  });

  test.each([
    ["10.0.0.1", []],
    ["::1", []],
    ["web.example", []],
    ["", ["networking.address: address can't be empty"]],
    [undefined, ["networking.address: address can't be empty"]],
    ["0.0.0.0", ["networking.address: must not be 0.0.0.0 or ::"]],
    ["::", ["networking.address: must not be 0.0.0.0 or ::"]],
    ["a..b", ["networking.address: address has to be valid IP address or domain name"]],
  ])("the address %j", (address, expected) => {
    expect(networking({ address })).toEqual(expected);
  });
});

describe("inbounds", () => {
  const SAME = "serviceAddress: serviceAddress and servicePort has to differ from address and port";
  test.each<[object, string[]]>([
    [{ port: 1 }, []],
    [{ port: 65_535 }, []],
    [{ port: 0 }, [`port: ${RANGE}`]],
    [{ port: 65_536 }, [`port: ${RANGE}`]],
    [{ port: undefined }, [`port: ${RANGE}`]],
    [{ servicePort: 8080 }, []],
    [{ servicePort: 65_536 }, [`servicePort: ${RANGE}`]],
    [{ address: "10.0.0.2" }, []],
    [{ address: "web.example" }, [`address: ${NOT_IP}`]],
    [{ serviceAddress: "127.0.0.1" }, []],
    [{ serviceAddress: "web.example" }, ["serviceAddress: serviceAddress has to be valid IP address"]],
    [{ serviceAddress: "10.0.0.1" }, [SAME]],
    [{ serviceAddress: "10.0.0.1", servicePort: 80 }, [SAME]],
    [{ serviceAddress: "10.0.0.1", servicePort: 81 }, []],
    [{ serviceAddress: "10.0.0.2", address: "10.0.0.2" }, [SAME]],
    [{ serviceAddress: "10.0.0.2", address: "10.0.0.2", servicePort: 81 }, []],
    [{ serviceAddress: "10.0.0.1", address: "10.0.0.1" }, [SAME, SAME]],
    [{ serviceAddress: "10.0.0.2", address: "10.0.0.3" }, []],
    [{ tags: undefined }, ['tags["kuma.io/service"]: tag has to exist']],
    [{ tags: { a: "b" } }, ['tags["kuma.io/service"]: tag has to exist']],
    [{ tags: { ...TAGS, "kuma.io/protocol": "HTTP2" } }, []],
    [
      { tags: { ...TAGS, "kuma.io/protocol": "ftp" } },
      [
        'tags["kuma.io/protocol"]: tag "kuma.io/protocol" has an invalid value "ftp". Allowed values: grpc, http, http2, kafka, tcp',
      ],
    ],
    [
      { tags: { ...TAGS, "kuma.io/protocol": "" } },
      [
        'tags["kuma.io/protocol"]: tag "kuma.io/protocol" has an invalid value "". Allowed values: grpc, http, http2, kafka, tcp',
        'tags["kuma.io/protocol"]: tag value must be non-empty',
      ],
    ],
  ])("%j", (fields, expected) => {
    expect(inbound(fields)).toEqual(expected);
  });

  test("names and values of tags, by name", () => {
    expect(inbound({ tags: { ...TAGS, é: "a/b", "": "x", "a b": "" } })).toEqual([
      "tags: tag name must be non-empty",
      'tags["a b"]: tag name must consist of alphanumeric characters, dots, dashes, slashes and underscores',
      'tags["a b"]: tag value must be non-empty',
      'tags["é"]: tag name must consist of alphanumeric characters, dots, dashes, slashes and underscores',
      'tags["é"]: tag value must consist of alphanumeric characters, dots, dashes and underscores',
    ]);
    expect(inbound({ tags: { ...TAGS, "a/b_c.d:e-F": "1_2.3:4-G" } })).toEqual([]);
  });

  test("times and thresholds of a probe, where they are there, are above zero", () => {
    const probe = { interval: "10s", timeout: "0.1s", unhealthyThreshold: 1, healthyThreshold: 2 };
    const none = "must have a positive value";
    expect(inbound({ serviceProbe: probe })).toEqual([]);
    expect(inbound({ serviceProbe: {} })).toEqual([]);
    expect(
      inbound({ serviceProbe: { interval: "0s", timeout: "0", unhealthyThreshold: 0, healthyThreshold: 0 } }),
    ).toEqual(
      ["interval", "timeout", "unhealthyThreshold", "healthyThreshold"].map((f) => `serviceProbe.${f}: ${none}`),
    );
  });

  test("each is told with its place", () => {
    expect(networking({ inbound: [WEB, { ...WEB, port: 0 }] })).toEqual([`networking.inbound[1].port: ${RANGE}`]);
  });
});

describe("the admin port", () => {
  const admin = { admin: { port: 80 } };
  const clash = ["networking.admin.port: must differ from inbound"];
  test.each<[string, object, object, string[]]>([
    ["an inbound elsewhere", {}, {}, []],
    ["an inbound on the loopback address", { address: "127.0.0.1" }, {}, [...clash]],
    ["an inbound on every address", { address: "0.0.0.0" }, {}, [...clash]],
    ["an inbound on every IPv6 address", { address: "::" }, {}, [...clash]],
    ["an inbound on the IPv6 loopback address", { address: "::1" }, {}, []],
    ["another port of the loopback address", { address: "127.0.0.1", port: 81 }, {}, []],
    ["a proxy on the loopback address", {}, { address: "127.0.0.1" }, [...clash]],
    ["a workload on it", { port: 81, servicePort: 80, serviceAddress: "127.0.0.1" }, {}, [...clash]],
    ["an IPv6 address of the same number", { address: "::7f00:1" }, {}, []],
    ["a proxy that has a name", {}, { address: "web.test" }, []],
    [
      "an inbound on it, its workload elsewhere",
      { address: "127.0.0.1", servicePort: 8080, serviceAddress: "10.0.0.9" },
      {},
      [...clash],
    ],
    ["a workload on another port", { port: 81, servicePort: 82, serviceAddress: "127.0.0.1" }, {}, []],
    ["a workload on the inbound's port", { serviceAddress: "127.0.0.1" }, {}, [...clash]],
    ["a workload elsewhere", { port: 81, servicePort: 80, serviceAddress: "10.0.0.9" }, {}, []],
    ["a workload on the inbound's address", { port: 81, servicePort: 80, address: "127.0.0.1" }, {}, [...clash]],
    ["a workload on the proxy's address", { port: 81, servicePort: 80 }, { address: "127.0.0.1" }, [...clash]],
  ])("%s", (_, fields, others, expected) => {
    expect(inbound(fields, { ...admin, ...others })).toEqual(expected);
  });

  test.each<[object, string[]]>([
    [{ port: 80 }, ["networking.admin.port: must differ from outbound"]],
    [{ port: 80, address: "127.0.0.1" }, ["networking.admin.port: must differ from outbound"]],
    [{ port: 80, address: "127.0.0.2" }, []],
    [{ port: 81 }, []],
  ])("the outbound %j", (fields, expected) => {
    expect(networking({ ...admin, outbound: [{ ...fields, tags: TAGS }] })).toEqual(expected);
  });

  test("one of many inbounds is enough", () => {
    const inbounds = [
      { ...WEB, port: 81 },
      { ...WEB, address: "127.0.0.1" },
    ];
    expect(networking({ ...admin, inbound: inbounds })).toEqual(clash);
  });

  test("without admin nothing is in its way", () => {
    expect(inbound({ address: "127.0.0.1", port: 80 })).toEqual([]);
  });
});

describe("outbounds", () => {
  const ref = { kind: "MeshService", name: "a", port: 80 };
  test.each<[object, string[]]>([
    [{ tags: TAGS }, []],
    [{ service: "web" }, []],
    [{}, ['.tags: mandatory tag "kuma.io/service" is missing']],
    [{ tags: { a: "b" } }, ['.tags: mandatory tag "kuma.io/service" is missing']],
    [{ service: "web", tags: { a: "b" } }, ['.tags: mandatory tag "kuma.io/service" is missing']],
    [{ port: 0, tags: TAGS }, [`.port: ${RANGE}`]],
    [{ address: "127.0.0.2", tags: TAGS }, []],
    [{ address: "a b", tags: TAGS }, [`.address: ${NOT_IP}`]],
    [{ backendRef: ref }, []],
    [{ backendRef: { ...ref, kind: "MeshMultiZoneService" } }, []],
    [{ backendRef: { ...ref, kind: "MeshGateway" } }, [`.backendRef.kind: ${BACKENDS}`]],
    [{ backendRef: { ...ref, kind: undefined } }, [`.backendRef.kind: ${BACKENDS}`]],
    [{ backendRef: { ...ref, name: undefined } }, [".backendRef: either 'name' or 'labels' should be specified"]],
    [{ backendRef: { ...ref, name: undefined, labels: { a: "b" } } }, []],
    [{ backendRef: { ...ref, port: undefined } }, [`.backendRef.port: ${RANGE}`]],
    [{ backendRef: { kind: "MeshExternalService", name: "a" } }, []],
    [{ backendRef: ref, tags: TAGS }, [".backendRef: both backendRef and tags/service cannot be defined"]],
    [{ backendRef: ref, service: "web" }, [".backendRef: both backendRef and tags/service cannot be defined"]],
  ])("%j", (fields, expected) => {
    expect(outbound(fields)).toEqual(expected);
  });
});

test.each<[object, string[]]>([
  [{ kind: "MeshService", name: "a" }, []],
  [{ kind: "MeshService", name: "a", namespace: "b" }, []],
  [{ kind: "MeshExternalService", labels: { a: "b" } }, []],
  [{ kind: "MeshMultiZoneService", name: "a" }, []],
  [{ kind: "Mesh", name: "a" }, [`.kind: ${BACKENDS}`]],
  [
    { kind: "MeshService", name: "A" },
    [
      ".name: invalid characters. A lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    ],
  ],
  [{ kind: "MeshService" }, [".name: name or labels are required"]],
  [{ kind: "MeshService", namespace: "b" }, [".name: name is required, when namespace is defined"]],
  [{ kind: "MeshService", name: "a", labels: {} }, [".labels: labels cannot be defined when name is specified"]],
  [
    { kind: "MeshService", namespace: "b", labels: {} },
    [".name: name is required, when namespace is defined", ".labels: labels cannot be defined when name is specified"],
  ],
])("the reachable backend %j", (ref, expected) => {
  const at = "networking.transparentProxing.reachableBackends.refs[1]";
  const refs = [{ kind: "MeshService", name: "a" }, ref];
  expect(
    networking({ transparentProxying: { reachableBackends: { refs } } }).map((text) => text.replace(at, "")),
  ).toEqual(expected);
});

describe("probes", () => {
  const PATH = "should be a valid URL Path";
  const probes = (port: unknown, ...endpoints: object[]): string[] => networking({}, { probes: { port, endpoints } });
  const good = { inboundPort: 80, inboundPath: "/a", path: "/80/a" };

  test("ports and paths", () => {
    expect(probes(9000, good)).toEqual([]);
    expect(probes(0)).toEqual([`probes.port: ${RANGE}`]);
    expect(probes(9000, good, {})).toEqual([
      `probes.endpoints[1].inboundPort: ${RANGE}`,
      `probes.endpoints[1].inboundPath: ${PATH}`,
      `probes.endpoints[1].path: ${PATH}`,
    ]);
  });

  test.each([
    ["/", true],
    ["/a%20b", true],
    ["*", true],
    ["http://a/b", true],
    ["h2+x.y-z:a", true],
    ["", false],
    ["a/b", false],
    ["x /a", false],
    ["*a", false],
    ["1a:b", false],
    ["/a%2", false],
    ["/a%zz", false],
    ["/a\n", false],
  ])("%j is a path: %s", (path, isPath) => {
    expect(probes(9000, { ...good, path })).toEqual(isPath ? [] : [`probes.endpoints[0].path: ${PATH}`]);
  });

  test("those of a delegated gateway are looked at", () => {
    expect(networking({ inbound: [], gateway: { tags: TAGS } }, { probes: { port: 0 } })).toEqual([
      `probes.port: ${RANGE}`,
    ]);
  });
});

describe("metrics", () => {
  const unknown = 'metrics.type: unknown backend type. Available backends: "prometheus"';
  test("one type, and a name for each entry", () => {
    const metrics = (...names: (string | undefined)[]) => ({
      metrics: { type: "prometheus", conf: { aggregate: names.map((name) => ({ name })) } },
    });
    expect(networking({}, { metrics: { type: "prometheus" } })).toEqual([]);
    expect(networking({}, { metrics: {} })).toEqual([unknown]);
    expect(networking({}, { metrics: { type: "statsd", conf: { aggregate: [{}, {}] } } })).toEqual([unknown]);
    expect(networking({}, metrics("a", "b"))).toEqual([]);
    expect(networking({}, metrics("a", "b", "a"))).toEqual([
      "metrics.conf.aggregate[2].name: duplicate entry: a, values have to be unique",
    ]);
    expect(networking({}, metrics(undefined, undefined))).toEqual([
      "metrics.conf.aggregate[1].name: duplicate entry: , values have to be unique",
    ]);
  });

  test("what is no entry has no name", () => {
    const aggregate = ["a", null];
    expect(networking({}, { metrics: { type: "prometheus", conf: { aggregate } } })).toEqual([
      "metrics.conf.aggregate[1].name: duplicate entry: , values have to be unique",
    ]);
  });

  test("those of a gateway are not looked at", () => {
    expect(networking({ inbound: [], gateway: { tags: TAGS } }, { metrics: { type: "statsd" } })).toEqual([]);
  });
});

test("all faults come in one order, whatever the document's", () => {
  const dataplane = {
    metrics: { type: "x" },
    probes: { port: 0 },
    networking: {
      transparentProxying: { reachableBackends: { refs: [{}] } },
      outbound: [{ port: 0 }],
      inbound: [{ address: "127.0.0.1" }],
      address: "",
      admin: {},
    },
  };
  expect(kumaDataplaneViolations(dataplane).map(({ field }) => field)).toEqual([
    "networking.admin.port",
    "networking.admin.port",
    "networking.address",
    "networking.inbound[0].port",
    'networking.inbound[0].tags["kuma.io/service"]',
    "networking.outbound[0].port",
    "networking.outbound[0].tags",
    "networking.transparentProxing.reachableBackends.refs[0].kind",
    "networking.transparentProxing.reachableBackends.refs[0].name",
    "probes.port",
    "metrics.type",
  ]);
});

test("a document is decoded first, and what cannot be decoded is an error", () => {
  const document = { type: "Dataplane", name: "d", mesh: "default" };
  expect(kumaUniversal({ ...document, networking: { address: "10.0.0.1", inbound: [WEB] } }, {})).toEqual({
    valid: true,
    violations: [],
  });
  expect(kumaUniversal({ ...document, networking: { address: 1 } }, {})).toEqual({
    valid: false,
    error: 'invalid Dataplane object: "json: cannot unmarshal number into Go value of type string"',
  });
  expect(kumaUniversal(document, {})).toEqual({
    valid: false,
    violations: [{ field: "networking", message: "must be defined" }],
  });
});
