import { expect, test } from "vitest";
import { saidOfRules } from "./lint.testing.ts";

const CODE = "L409-plaintext-to-internet";

test("a public name over HTTP", () => {
  expect(saidOfRules(CODE, "Domain a.example.com http 80")).toEqual([
    "0:8:57 `a.example.com` (`http`, port 80) lets plaintext out to the internet: anybody on the way can read and change it",
  ]);
});

test.each([
  "Domain *.github.io http2 80",
  "Domain * grpc 80",
  "IP 203.0.113.7 http 80",
  "CIDR 0.0.0.0/0 http 80",
  "IP 2001:db8::7 grpc 80",
])("%s", (rule) => {
  expect(saidOfRules(CODE, rule)).toHaveLength(1);
});

test.each([
  "Domain a.example.com tls 443",
  "IP 203.0.113.7 tcp 80",
  "Domain api.svc.cluster.local http 80",
  "Domain printer.home.arpa http 80",
  "Domain localhost http 80",
  "CIDR 10.0.0.0/8 http 80",
  "IP fd00::7 http 80",
  "CIDR 169.254.169.254/32 http 80",
])("not %s", (rule) => {
  expect(saidOfRules(CODE, rule)).toEqual([]);
});
