import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { makeCertificate } from "./certificate.ts";

test("the certificate is signed by its own key, for the key that comes with it", () => {
  const { key, cert } = makeCertificate("some name");
  const read = new X509Certificate(cert);
  expect(read.subject).toBe("CN=some name");
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
});

test("the certificate is valid now and its serial number is positive", () => {
  const read = new X509Certificate(makeCertificate("x").cert);
  expect(read.validFromDate.getTime()).toBeLessThan(Date.now());
  expect(read.validToDate.getTime()).toBeGreaterThan(Date.now());
  expect(read.serialNumber).toMatch(/^01/);
});

test("two certificates have different keys", () => {
  expect(makeCertificate("x").key).not.toBe(makeCertificate("x").key);
});
