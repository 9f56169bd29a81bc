import { expect, test } from "vitest";
import { saidOfRules } from "./lint.testing.ts";

const CODE = "L415-tls-on-80";

test("TLS on the port of plaintext", () => {
  expect(saidOfRules(CODE, "Domain a.example.com tls 80")).toEqual([
    "0:8:57 `tls` on port 80 admits TLS only: plaintext HTTP, which this port is for, is denied",
  ]);
});

test("not another protocol or port", () => {
  expect(
    saidOfRules(CODE, "Domain a.example.com http 80", "Domain a.example.com tls 8080", "Domain b.example.com tls"),
  ).toEqual([]);
});
