import { expect, test } from "vitest";
import { saidOfRules } from "./lint.testing.ts";

const CODE = "L407-address-beside-name";

test("a block on the port of a name", () => {
  expect(saidOfRules(CODE, "Domain a.example.com tls 443", "CIDR 203.0.113.0/24 tls 443")).toEqual([
    "0:9:28 `203.0.113.0/24` admits TLS under every name to these addresses, on a port for which the policy names `a.example.com`",
  ]);
});

test.each([
  ["every byte stream", "Domain a.example.com tls 443", "CIDR 203.0.113.0/24 tcp 443"],
  ["HTTP", "Domain a.example.com http 80", "CIDR 203.0.113.0/24 http"],
  ["gRPC", "Domain a.example.com grpc", "CIDR 2001:db8::/64 grpc 80"],
])("%s", (traffic, name, block) => {
  expect(saidOfRules(CODE, name, block)[0]).toContain(`admits ${traffic} under every name`);
});

test("many names are counted", () => {
  const names = ["f", "e", "d", "c", "b", "a"].map((label) => `Domain ${label}.example.com tls 443`);
  expect(saidOfRules(CODE, ...names, "CIDR 203.0.113.0/24 tls 443")[0]).toContain(
    "names `a.example.com`, `b.example.com`, `c.example.com` and 3 more",
  );
});

test.each([
  ["another port", "Domain a.example.com tls 443", "CIDR 203.0.113.0/24 tls 8443"],
  ["another kind of traffic", "Domain a.example.com tls 443", "CIDR 203.0.113.0/24 http 443"],
  ["addresses of the own network", "Domain a.example.com tls 443", "CIDR 10.0.0.0/8 tls 443"],
  ["one address", "Domain a.example.com tls 443", "IP 203.0.113.7 tls 443"],
  ["a block of one address", "Domain a.example.com tls 443", "CIDR 203.0.113.7/32 tls 443"],
  ["no names but all", "Domain * tls 443", "CIDR 203.0.113.0/24 tls 443"],
])("not %s", (_, ...rules) => {
  expect(saidOfRules(CODE, ...rules)).toEqual([]);
});
