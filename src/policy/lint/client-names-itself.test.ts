import { expect, test } from "vitest";
import { policyText, said, saidOfRules } from "./lint.testing.ts";

const CODE = "L408-client-names-itself";

test("a rule for a name, by what the protocol calls it", () => {
  expect(saidOfRules(CODE, "Domain a.example.com tls 443", "Domain *.b.example.com http 80")).toEqual([
    "0:8:30 `a.example.com` is compared with the server name that the client sends: one that lies reaches any address",
    "0:9:30 `*.b.example.com` is compared with the host that the client sends: one that lies reaches any address",
  ]);
});

test("not an address, not all names, and not unless asked for", () => {
  expect(saidOfRules(CODE, "IP 203.0.113.7 tls 443", "Domain * tls 8443")).toEqual([]);
  expect(said(CODE, [policyText({ rules: ["Domain a.example.com tls 443"] })], { enable: [] })).toEqual([]);
});
