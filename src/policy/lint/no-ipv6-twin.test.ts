import { expect, test } from "vitest";
import { policyText, proxyText, said, saidOfRules } from "./lint.testing.ts";

const CODE = "L410-no-ipv6-twin";

test("all of IPv4, and nothing of IPv6", () => {
  expect(saidOfRules(CODE, "CIDR 0.0.0.0/0 tcp 443")).toEqual([
    "0:8:28 `0.0.0.0/0` admits all of IPv4, and no rule admits all of IPv6: a client that tries IPv6 first is denied",
  ]);
});

test("one port has both families, another only IPv4", () => {
  expect(saidOfRules(CODE, "IP 203.0.113.7 tls 443", "IP 2001:db8::7 tls 443", "IP 203.0.113.8 tcp 5432")).toEqual([
    "0:10:26 `203.0.113.8` (`tcp`, port 5432): no counterpart for IPv6, while elsewhere this policy has rules for both families",
  ]);
});

test("one finding for a port, wherever its rules stand", () => {
  const both = ["IP 203.0.113.7 tls 443", "IP 2001:db8::7 tls 443"];
  const found = saidOfRules(
    CODE,
    "IP 203.0.113.9 tcp 5432",
    ...both,
    "IP 203.0.113.8 tcp 5432",
    "IP 10.0.0.1 tcp 5432",
  );
  expect(found).toEqual([
    expect.stringMatching(/^0:11:26 `203\.0\.113\.8` and `203\.0\.113\.9` \(`tcp`, port 5432\): /),
  ]);
});

test.each([
  ["no port has both families", ["IP 203.0.113.7 tls 443", "IP 203.0.113.8 tcp 5432"]],
  ["IPv6 is another rule's", ["CIDR 0.0.0.0/0 tcp 443", "CIDR ::/0 tcp"]],
  ["IPv6 comes with names", ["CIDR 0.0.0.0/0 tls 443", "Domain * tls 443"]],
  ["the address is private", ["IP 203.0.113.7 tls 443", "IP 2001:db8::7 tls 443", "IP 10.0.0.8 tcp 5432"]],
  ["the rule is of IPv6", ["IP 203.0.113.7 tls 443", "IP 2001:db8::7 tls 443", "IP 2001:db8::8 tcp 5432"]],
])("not where %s", (_, rules) => {
  expect(saidOfRules(CODE, ...rules)).toEqual([]);
});

test("not where another policy that selects the same proxies admits IPv6, nor where the proxies have none", () => {
  const v4 = policyText({ rules: ["CIDR 0.0.0.0/0 tcp 443"] });
  const v6 = policyText({ name: "six", rules: ["CIDR ::/0 tcp 443"] });
  expect(said(CODE, [v4, v6])).toEqual([]);
  expect(said(CODE, [v4, proxyText({ family: "IPv4" })])).toEqual([]);
  expect(said(CODE, [v4, proxyText({ family: "DualStack" })])).toHaveLength(1);
});
