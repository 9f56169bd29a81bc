import { expect, test } from "vitest";
import { saidOfRules } from "./lint.testing.ts";

const CODE = "L406-all-ports";

test("a rule without port", () => {
  expect(saidOfRules(CODE, "IP 203.0.113.7 tcp")).toEqual([
    "0:8:7 `203.0.113.7` (`tcp`, every port) is not limited to a port",
  ]);
  expect(saidOfRules(CODE, "Domain a.example.com tls")).toHaveLength(1);
});

test("not a rule with one", () => {
  expect(saidOfRules(CODE, "IP 203.0.113.7 tcp 5432")).toEqual([]);
});
