import { expect, test } from "vitest";
import { check } from "../check/index.ts";
import { filesOf, policyText, proxyText, said } from "./lint.testing.ts";
import { lint } from "./lint.ts";

const CODE = "L403-no-proxy-selected";
const forService = (service: string, head?: string) =>
  policyText({
    target: `{ kind: MeshSubset, tags: { kuma.io/service: ${service} } }`,
    ...(head === undefined ? {} : { head }),
  });

test("no proxy has the tag; the help names the value that comes nearest", () => {
  const texts = [forService("wev"), proxyText()];
  expect(said(CODE, texts)).toEqual(["0:5:14 this policy does not select the one proxy of mesh `default`"]);
  const [found] = lint(check(filesOf(texts)));
  expect(found?.help).toBe("no proxy has `kuma.io/service: wev`: did you mean `web`?");
});

test("no proxy has all tags at once", () => {
  const target = "{ kind: MeshSubset, tags: { kuma.io/service: web, team: b } }";
  const proxies = [proxyText(), proxyText({ name: "db-1", tags: "kuma.io/service: db, team: b" })];
  expect(said(CODE, [policyText({ target }), ...proxies])).toHaveLength(1);
});

test.each([
  ["no proxy is known", [forService("wev")]],
  ["the proxies are of another mesh", [forService("wev"), proxyText().replace("mesh: default", "mesh: other")]],
  ["a proxy is selected", [forService("web"), proxyText()]],
  ["a proxy is selected on which nothing is enforced", [forService("web"), proxyText({ isRedirected: false })]],
  ["the policy is a shadow", [forService("wev", "labels: { kuma.io/effect: shadow }"), proxyText()]],
])("not where %s", (_, texts) => {
  expect(said(CODE, texts)).toEqual([]);
});
