import { expect, test } from "vitest";
import { saidOfRules } from "./lint.testing.ts";

const CODE = "L404-public-suffix";

test.each(["*.com", "*.co.uk", "*.CO.UK.", "*.kawasaki.jp"])("%s: anybody can register a name", (value) => {
  expect(saidOfRules(CODE, `Domain ${value} tls 443`)).toEqual([
    expect.stringMatching(/^0:8:30 .* public suffix: anybody can register a name below/),
  ]);
});

test.each(["*.github.io", "*.s3.amazonaws.com", "*.herokuapp.com"])("%s: any customer can have a name", (value) => {
  expect(saidOfRules(CODE, `Domain ${value} tls 443`)[0]).toContain("any customer of the service");
});

test.each([
  "*.example.com",
  "*.amazonaws.com",
  "*.internal",
  "*.svc.cluster.local",
  "*.home.arpa",
  "*",
  "com",
  "*.city.kawasaki.jp",
])("not %s", (value) => {
  expect(saidOfRules(CODE, `Domain ${value} tls 443`)).toEqual([]);
});
