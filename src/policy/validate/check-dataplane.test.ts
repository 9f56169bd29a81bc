import { expect, test } from "vitest";
import { parseResources } from "../text/index.ts";
import { checkDraft } from "./index.ts";

type Said = readonly [path: string, message: string, help?: string];

/** What validate says of one document, beyond what text says of it. */
const said = (text: string): Said[] =>
  parseResources("f", text)
    .drafts.flatMap((draft) => checkDraft(draft))
    .map(
      ({ path, message, help }): Said =>
        help === undefined ? [path.join("."), message] : [path.join("."), message, help],
    );

/** `WEB` is an inbound that has no fault. */
const dataplane = (networking: string, rest: string): string =>
  `type: Dataplane\nname: d\nmesh: default\nnetworking: {${networking.replaceAll("WEB", "{port: 80, tags: {kuma.io/service: web}}")}}\n${rest}\n`;

test.each<[networking: string, rest: string, said: Said[]]>([
  [
    "address: 0.0.0.0, inbound: [WEB]",
    "",
    [["networking.address", "`0.0.0.0` stands for every address", "write the address on which the proxy is reached"]],
  ],
  [
    "address: '', inbound: [WEB]",
    "",
    [["networking.address", "the address is empty", "write the address on which the proxy is reached"]],
  ],
  [
    "address: a b, inbound: [WEB]",
    "",
    [
      [
        "networking.address",
        "`a b` is neither an IP address nor a domain name",
        "write the address on which the proxy is reached",
      ],
    ],
  ],
  [
    "address: 10.0.0.1, advertisedAddress: '::', inbound: [WEB]",
    "",
    [
      [
        "networking.advertisedAddress",
        "`::` stands for every address",
        "write the address on which the proxy is reached",
      ],
    ],
  ],
  [
    "address: 10.0.0.1",
    "",
    [["networking", "a proxy needs an inbound, or a gateway", "write `inbound` with the ports of the workload"]],
  ],
  [
    "address: 10.0.0.1, gateway: {tags: {kuma.io/service: a}}, inbound: [WEB]",
    "",
    [["networking.inbound", "a delegated gateway has no `inbound`", "leave the field out"]],
  ],
  [
    "address: 10.0.0.1, gateway: {type: BUILTIN, tags: {kuma.io/service: a}}, inbound: [WEB]",
    "probes: {}",
    [
      ["networking.inbound", "a builtin gateway has no `inbound`", "leave the field out"],
      ["probes", "a builtin gateway has no `probes`", "leave the field out"],
    ],
  ],
  ["address: 10.0.0.1, gateway: {tags: {kuma.io/service: a}}, inbound: []", "probes: {port: 1}", []],
  [
    "address: 10.0.0.1, inbound: [{port: 80}]",
    "",
    [
      [
        "networking.inbound.0.tags.kuma.io/service",
        "the tag `kuma.io/service` is missing",
        "write `kuma.io/service` with the name of the service",
      ],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [{port: 80, address: x, serviceAddress: y, servicePort: 70000, tags: {kuma.io/service: a}}]",
    "",
    [
      ["networking.inbound.0.address", "`x` is not an IP address", "write an IPv4 or IPv6 address"],
      ["networking.inbound.0.serviceAddress", "`y` is not an IP address", "write an IPv4 or IPv6 address"],
      ["networking.inbound.0.servicePort", "`servicePort` is not a port: write a whole number from 0 to 65535"],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [{port: 80, serviceAddress: 10.0.0.1, tags: {kuma.io/service: a}}]",
    "",
    [
      [
        "networking.inbound.0.serviceAddress",
        "the service has the same address and port as its inbound: traffic would go in circles",
        "write another `servicePort`, or leave `serviceAddress` out",
      ],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [{port: 80, servicePort: 0, serviceAddress: 10.0.0.1, tags: {kuma.io/service: a}}]",
    "",
    [
      [
        "networking.inbound.0.serviceAddress",
        "the service has the same address and port as its inbound: traffic would go in circles",
        "write another `servicePort`, or leave `serviceAddress` out",
      ],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [{port: 80, servicePort: 81, serviceAddress: 10.0.0.1, tags: {kuma.io/service: a}}]",
    "",
    [],
  ],
  [
    "address: 10.0.0.1, inbound: [{port: 80, address: 10.0.0.2, serviceAddress: 10.0.0.1, tags: {kuma.io/service: a}}]",
    "",
    [],
  ],
  [
    "address: 10.0.0.1, inbound: [{port: 80, address: 10.0.0.2, serviceAddress: 10.0.0.2, tags: {kuma.io/service: a}}]",
    "",
    [
      [
        "networking.inbound.0.serviceAddress",
        "the service has the same address and port as its inbound: traffic would go in circles",
        "write another `servicePort`, or leave `serviceAddress` out",
      ],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [{port: 80, tags: {kuma.io/service: a, kuma.io/protocol: ftp}}]",
    "",
    [
      [
        "networking.inbound.0.tags.kuma.io/protocol",
        "`ftp` is not a protocol",
        "one of `grpc`, `http`, `http2`, `kafka`, `tcp`",
      ],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [{port: 80, tags: {kuma.io/service: a, kuma.io/protocol: ''}}]",
    "",
    [
      [
        "networking.inbound.0.tags.kuma.io/protocol",
        "the tag `kuma.io/protocol` has an empty value",
        "use letters, digits, `.`, `-`, `_` and `:`",
      ],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [{port: 80, tags: {kuma.io/service: a}, serviceProbe: {interval: 0s, timeout: 1m, unhealthyThreshold: 0, healthyThreshold: 1.5}}]",
    "",
    [
      [
        "networking.inbound.0.serviceProbe.interval",
        "`interval` is not a time above zero",
        "write seconds, such as `10s`",
      ],
      [
        "networking.inbound.0.serviceProbe.timeout",
        "`timeout` is not a time above zero",
        "write seconds, such as `10s`",
      ],
      ["networking.inbound.0.serviceProbe.unhealthyThreshold", "`unhealthyThreshold` is not a whole number above zero"],
      ["networking.inbound.0.serviceProbe.healthyThreshold", "`healthyThreshold` is not a whole number above zero"],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [{port: 80, tags: {kuma.io/service: a}, serviceProbe: {interval: 1.5s, timeout: 0.0s, unhealthyThreshold: 1, healthyThreshold: x}}]",
    "",
    [
      [
        "networking.inbound.0.serviceProbe.timeout",
        "`timeout` is not a time above zero",
        "write seconds, such as `10s`",
      ],
      ["networking.inbound.0.serviceProbe.healthyThreshold", "`healthyThreshold` is not a whole number above zero"],
    ],
  ],
  [
    "address: 10.0.0.1, gateway: {tags: {a: b}}",
    "",
    [
      [
        "networking.gateway.tags",
        "the tag `kuma.io/service` is missing",
        "write `kuma.io/service` with the name of the service",
      ],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [WEB], outbound: [{port: 0, address: x}, {port: 80, service: a}, {port: 65536, tags: {kuma.io/service: a}}]",
    "",
    [
      ["networking.outbound.0.port", "`port` is not a port: write a whole number from 1 to 65535"],
      ["networking.outbound.0.address", "`x` is not an IP address", "write an IPv4 or IPv6 address"],
      [
        "networking.outbound.0.tags",
        "the tag `kuma.io/service` is missing",
        "write `kuma.io/service` with the name of the service",
      ],
      ["networking.outbound.2.port", "`port` is not a port: write a whole number from 1 to 65535"],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [WEB], outbound: [{port: 1, backendRef: {}}, {port: 1, backendRef: {kind: MeshExternalService, name: a}}, {port: 1, backendRef: {kind: MeshExternalService, name: a, port: 0}}, {port: 1, backendRef: {kind: MeshService, labels: {a: b}, port: 80}}, {port: 1, backendRef: {kind: MeshMultiZoneService, labels: {}, port: 80}}]",
    "",
    [
      [
        "networking.outbound.0.backendRef.kind",
        "a backend is a `MeshService`, `MeshExternalService` or `MeshMultiZoneService`",
      ],
      ["networking.outbound.0.backendRef", "a backend needs a name or labels", "write `name` or `labels`"],
      ["networking.outbound.0.backendRef.port", "the port of a backend is a whole number from 1 to 65535"],
      ["networking.outbound.2.backendRef.port", "the port of a backend is a whole number from 1 to 65535"],
      ["networking.outbound.4.backendRef", "a backend needs a name or labels", "write `name` or `labels`"],
    ],
  ],
  [
    "address: 127.0.0.1, admin: {port: 80}, inbound: [WEB], outbound: [{port: 80, tags: {kuma.io/service: a}}]",
    "",
    [
      ["networking.admin.port", "an inbound uses port 80 of 127.0.0.1 too", "give the admin API a port of its own"],
      ["networking.admin.port", "an outbound uses port 80 of 127.0.0.1 too", "give the admin API a port of its own"],
    ],
  ],
  [
    "address: 10.0.0.1, admin: {port: 80}, inbound: [WEB], outbound: [{port: 80, address: 127.0.0.2, tags: {kuma.io/service: a}}]",
    "",
    [],
  ],
  [
    "address: 10.0.0.1, admin: {port: 80}, inbound: [{port: 80, address: 127.0.0.1, tags: {kuma.io/service: a}}]",
    "",
    [["networking.admin.port", "an inbound uses port 80 of 127.0.0.1 too", "give the admin API a port of its own"]],
  ],
  ["address: 127.0.0.1, admin: {port: 0}, inbound: [WEB]", "", []],
  [
    "address: 10.0.0.1, inbound: [WEB]",
    "metrics: {type: statsd}",
    [["metrics.type", "`statsd` is not a metrics backend", "the only one is `prometheus`"]],
  ],
  [
    "address: 10.0.0.1, inbound: [WEB]",
    "metrics: {type: prometheus, conf: {aggregate: [{name: a}, {name: b}, {name: a}, {}, {}]}}",
    [
      [
        "metrics.conf.aggregate.2.name",
        "`a` is already the name of another entry",
        "give each entry a name of its own",
      ],
    ],
  ],
  ["address: 10.0.0.1, inbound: [WEB]", "metrics: {conf: {aggregate: x}}", []],
  [
    "address: 10.0.0.1, inbound: [WEB]",
    "probes: {port: 0, endpoints: [{inboundPort: 1, inboundPath: /a, path: /}, {inboundPort: 65536, inboundPath: a, path: ''}]}",
    [
      ["probes.port", "`port` is not a port: write a whole number from 1 to 65535"],
      ["probes.endpoints.1.inboundPort", "`inboundPort` is not a port: write a whole number from 1 to 65535"],
      ["probes.endpoints.1.inboundPath", "`inboundPath` is not the path of a URL", "write a path that starts with `/`"],
      ["probes.endpoints.1.path", "`path` is not the path of a URL", "write a path that starts with `/`"],
    ],
  ],
  [
    "address: 10.0.0.1, inbound: [WEB]",
    "probes: {port: 65535, endpoints: [{inboundPort: 1.5, inboundPath: /a, path: /}]}",
    [["probes.endpoints.0.inboundPort", "`inboundPort` is not a port: write a whole number from 1 to 65535"]],
  ],
])("a Dataplane {%s} %s", (networking, rest, expected) => {
  expect(said(dataplane(networking, rest))).toEqual(expected);
});
