import { expect, test } from "vitest";
import { saidOfRules } from "./lint.testing.ts";

const CODE = "L405-broad-destination";

test.each([
  ["Domain * tls 443", "`*` admits every name: this rule restricts only port and protocol"],
  ["Domain * http 80", "`*` admits every name: this rule restricts only port and protocol"],
  ["CIDR 0.0.0.0/0 tcp 443", "`0.0.0.0/0` holds all IPv4 addresses"],
  ["CIDR 0.0.0.0/1 tcp 443", "`0.0.0.0/1` holds one in 2 of all IPv4 addresses"],
  ["CIDR 54.0.0.0/7 tcp 443", "`54.0.0.0/7` holds one in 128 of all IPv4 addresses"],
  ["CIDR ::/0 tcp 443", "`::/0` holds all IPv6 addresses"],
  ["CIDR 2000::/3 tcp 443", "`2000::/3` holds one in 8 of all IPv6 addresses"],
])("%s", (rule, message) => {
  expect(saidOfRules(CODE, rule)).toEqual([`0:8:${rule.startsWith("D") ? 30 : 28} ${message}`]);
});

test.each([
  "CIDR 10.0.0.0/8 tcp 1",
  "CIDR 54.0.0.0/8 tcp 1",
  "CIDR fc00::/7 tcp 1",
  "CIDR 2001::/16 tcp 1",
  "CIDR 240.0.0.0/4 tcp 1",
  "Domain *.com tls 1",
])("not %s", (rule) => {
  expect(saidOfRules(CODE, rule)).toEqual([]);
});
