import { expect, test } from "vitest";
import { saidOfRules } from "./lint.testing.ts";

const CODE = "L416-numeric-name";

test.each(["10.0.0", "host.123", "*.7", "1", "10.0.0.256"])("%s", (value) => {
  expect(saidOfRules(CODE, `Domain ${value} tls 443`)).toEqual([
    `0:8:30 \`${value}\` ends in a number: clients take that for an IPv4 address, and no name of the DNS ends so`,
  ]);
});

test.each(["1.example.com", "a1", "host.1a", "*"])("not %s", (value) => {
  expect(saidOfRules(CODE, `Domain ${value} tls 443`)).toEqual([]);
});
