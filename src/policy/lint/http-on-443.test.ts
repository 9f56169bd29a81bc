import { expect, test } from "vitest";
import { saidOfRules } from "./lint.testing.ts";

const CODE = "L414-http-on-443";

test("plaintext on the port of HTTPS", () => {
  expect(saidOfRules(CODE, "Domain a.example.com http 443")).toEqual([
    "0:8:57 `http` on port 443 admits plaintext only: a client that opens TLS, as HTTPS does, is denied",
  ]);
  expect(saidOfRules(CODE, "IP 10.0.0.7 grpc 443")).toHaveLength(1);
});

test("not TLS or any bytes, nor another port", () => {
  const rules = [
    "Domain a.example.com tls 443",
    "IP 10.0.0.7 tcp 443",
    "Domain b.example.com http 8443",
    "Domain c.example.com http",
  ];
  expect(saidOfRules(CODE, ...rules)).toEqual([]);
});
