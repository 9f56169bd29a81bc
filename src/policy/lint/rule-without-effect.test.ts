import { describe, expect, test } from "vitest";
import { policyText, said, saidOfRules } from "./lint.testing.ts";

const CODE = "L401-rule-without-effect";

describe("beside another rule of the policy", () => {
  test("the finding shows the rule, names the other and says where it is", () => {
    const text = policyText({ rules: ["Domain *.wikipedia.org tls 443", "Domain en.wikipedia.org tls 443"] });
    expect(said(CODE, [text])).toEqual([
      "0:9:7 `en.wikipedia.org` (`tls`, port 443) has no effect: `*.wikipedia.org` (`tls`, port 443) admits all of it",
    ]);
  });

  test.each([
    ["Domain a.example.com tls 443", "Domain a.example.com tls"],
    ["Domain *.b.example.com tls 443", "Domain *.example.com tls 443"],
    ["Domain a.example.com http2 80", "Domain a.example.com http"],
    ["Domain a.example.com tls 443", "Domain * tls 443"],
    ["IP 203.0.113.7 tls 443", "Domain * tls 443"],
    ["IP 203.0.113.7 tls 443", "CIDR 203.0.113.0/24 tcp 443"],
    ["CIDR 203.0.113.0/25 http 80", "CIDR 203.0.113.0/24 http"],
    ["IP 2001:db8::7 grpc 80", "CIDR 2001:db8::/32 http2"],
  ])("%s is covered by %s", (narrow, wide) => {
    expect(saidOfRules(CODE, narrow, wide)).toHaveLength(1);
    expect(saidOfRules(CODE, wide, narrow)[0]).toContain(`\`${narrow.split(" ")[1]}\``);
  });

  test.each([
    ["Domain example.com tls 443", "Domain *.example.com tls 443"],
    ["Domain a.example.com tls 443", "Domain *.a.example.com tls"],
    ["Domain a.example.com http 80", "Domain a.example.com tls 80"],
    ["IP 203.0.113.7 http 80", "Domain * http 80"],
    ["IP 203.0.113.7 tcp 443", "CIDR 203.0.113.0/24 tls 443"],
    ["Domain a.example.com tls 443", "CIDR 0.0.0.0/0 tls 443"],
    ["IP 203.0.113.7 tcp 443", "IP 203.0.113.8 tcp 443"],
    ["Domain badexample.com tls 443", "Domain *.example.com tls 443"],
  ])("%s is not covered by %s, nor the other way round", (a, b) => {
    expect(saidOfRules(CODE, a, b)).toEqual([]);
  });

  test("blocks add up", () => {
    const halves = ["CIDR 203.0.113.0/25 tcp 443", "CIDR 203.0.113.128/25 tcp 443"];
    expect(saidOfRules(CODE, "CIDR 203.0.113.0/24 tls 443", ...halves)).toEqual([
      expect.stringContaining(
        "`203.0.113.0/25` (`tcp`, port 443) and `203.0.113.128/25` (`tcp`, port 443) together admit all of it",
      ),
    ]);
    expect(saidOfRules(CODE, "CIDR 203.0.113.0/24 tls 443", ...halves.slice(1))).toEqual([]);
  });

  test("names have no effect beside all addresses, which takes both families", () => {
    const everywhere = ["CIDR 0.0.0.0/0 tls 443", "CIDR ::/0 tls 443"];
    expect(saidOfRules(CODE, "Domain a.example.com tls 443", ...everywhere)).toHaveLength(1);
    expect(saidOfRules(CODE, "Domain a.example.com tls 80", ...everywhere)).toEqual([]);
  });

  test("all names and all addresses say the same: one of the two stays", () => {
    const found = saidOfRules(CODE, "Domain * tls 443", "CIDR 0.0.0.0/0 tls 443", "CIDR ::/0 tls 443");
    expect(found.map((line) => line.split(" ")[0])).toEqual(["0:9:7", "0:10:7"]);
  });

  test("of two spellings the canonical one stays, wherever it stands", () => {
    const rules = ["Domain A.example.com tls 443", "Domain a.example.com tls 443"];
    expect(saidOfRules(CODE, ...rules)[0]).toMatch(/^0:8:7 `A\.example/);
    expect(saidOfRules(CODE, ...rules.toReversed())[0]).toMatch(/^0:9:7 `A\.example/);
    expect(saidOfRules(CODE, "CIDR 10.0.0.7/32 tcp 1", "IP 10.0.0.7 tcp 1")).toHaveLength(1);
  });

  test("a finding names what stays, not what goes too", () => {
    const found = saidOfRules(CODE, "IP 10.0.0.7 tls 443", "CIDR 10.0.0.0/24 tls 443", "CIDR 10.0.0.0/16 tcp 443");
    expect(found.map((line) => line.replace(/.*effect: /, ""))).toEqual([
      "`10.0.0.0/16` (`tcp`, port 443) admits all of it",
      "`10.0.0.0/16` (`tcp`, port 443) admits all of it",
    ]);
  });
});

describe("beside a rule of another policy", () => {
  const WIDE = policyText({ name: "wide", rules: ["Domain *.example.com tls 443"] });
  const narrow = (target: string, head?: string) =>
    policyText({
      name: "narrow",
      rules: ["Domain a.example.com tls 443"],
      target,
      ...(head === undefined ? {} : { head }),
    });
  const SHADOW = "labels: { kuma.io/effect: shadow }";

  test("the policy that selects more is named", () => {
    expect(said(CODE, [WIDE, narrow("{ kind: MeshSubset, tags: { team: a } }")])).toEqual([
      "1:9:7 `a.example.com` (`tls`, port 443) has no effect: `*.example.com` (`tls`, port 443) of `wide` admits all of it, on every proxy that this policy can select",
    ]);
  });

  test.each([
    ["fewer proxies", "{ kind: MeshSubset, tags: { team: a } }", "{ kind: MeshSubset, tags: { team: a, tier: b } }"],
    ["one type of proxy", "{ kind: Mesh }", "{ kind: Mesh, proxyTypes: [Sidecar] }"],
    ["all types, written out", "{ kind: Mesh, proxyTypes: [Gateway, Sidecar] }", "{ kind: Mesh }"],
  ])("found: %s", (_, wide, target) => {
    const text = policyText({ name: "wide", rules: ["Domain *.example.com tls 443"], target: wide });
    expect(said(CODE, [text, narrow(target)])).toHaveLength(1);
  });

  test.each([
    ["{ kind: MeshSubset, tags: { team: a } }", "{ kind: MeshSubset, tags: { team: b } }"],
    ["{ kind: MeshSubset, tags: { team: a } }", "{ kind: Mesh }"],
    ["{ kind: Mesh, proxyTypes: [Gateway] }", "{ kind: Mesh }"],
  ])("not found: %s does not select all of %s", (wide, target) => {
    const text = policyText({ name: "wide", rules: ["Domain *.example.com tls 443"], target: wide });
    expect(said(CODE, [text, narrow(target)])).toEqual([]);
  });

  test("a shadow admits nothing, and nothing is said of its rules beside others", () => {
    const shadow = policyText({ name: "wide", rules: ["Domain *.example.com tls 443"], head: SHADOW });
    expect(said(CODE, [shadow, narrow("{ kind: Mesh }")])).toEqual([]);
    expect(said(CODE, [WIDE, narrow("{ kind: Mesh }", SHADOW)])).toEqual([]);
  });

  test("of two policies with the same rule, the one with the higher precedence is told", () => {
    const same = ["Domain a.example.com tls 443"];
    const [a, b] = [policyText({ name: "a", rules: same }), policyText({ name: "b", rules: same })];
    expect(said(CODE, [a, b]).map((line) => line[0])).toEqual(["0"]);
    expect(said(CODE, [b, a]).map((line) => line[0])).toEqual(["1"]);
  });

  test("blocks of several policies add up", () => {
    const halves = ["203.0.113.0/25", "203.0.113.128/25"].map((block, i) =>
      policyText({ name: `half-${i}`, rules: [`CIDR ${block} tls 443`] }),
    );
    const whole = (target: string) => policyText({ name: "whole", rules: ["CIDR 203.0.113.0/24 tls 443"], target });
    expect(said(CODE, [...halves, whole("{ kind: MeshSubset, tags: { team: a } }")])[0]).toMatch(
      /^2:9:7 .*`half-0` and `half-1` together/,
    );
    // Of the same proxies, the whole covers the halves, and stays.
    expect(said(CODE, [...halves, whole("{ kind: Mesh }")]).map((line) => line[0])).toEqual(["0", "1"]);
  });
});
