import { expect, test } from "vitest";
import { policyText, proxyText, said } from "./lint.testing.ts";

const CODE = "L402-list-without-effect";
const LIST = policyText({ name: "list", rules: ["IP 10.0.0.1 tcp 1"] });
const NONE = policyText({
  name: "closed",
  mode: "None",
  target: "{ kind: MeshSubset, tags: { kuma.io/service: web } }",
});

test("another policy's mode wins on every proxy", () => {
  expect(said(CODE, [LIST, NONE, proxyText()])).toEqual([
    "0:6:22 the list has no effect on the one proxy that this policy selects: `closed` sets `None`",
  ]);
});

test("so it is where that mode is All", () => {
  expect(said(CODE, [LIST, NONE.replace("None", "All"), proxyText()])[0]).toContain("`closed` sets `All`");
});

test("no policy sets a mode: the finding shows the list", () => {
  const unset = policyText({ mode: "none", rules: ["IP 10.0.0.1 tcp 1"] });
  expect(said(CODE, [unset, proxyText(), proxyText({ name: "web-2" })])).toEqual([
    "0:7:5 the list has no effect on all 2 proxies that this policy selects: no policy sets a mode",
  ]);
});

test.each([
  ["one proxy looks at it", [LIST, NONE, proxyText(), proxyText({ name: "db-1", tags: "kuma.io/service: db" })]],
  ["there is no list", [policyText({ name: "list" }), NONE, proxyText()]],
  ["no proxy is known", [LIST, NONE]],
  ["nothing is enforced on the proxy", [LIST, NONE, proxyText({ isRedirected: false })]],
])("not where %s", (_, texts) => {
  expect(said(CODE, texts)).toEqual([]);
});
