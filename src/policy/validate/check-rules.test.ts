import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseResources } from "../text/index.ts";
import { checkDraft } from "./index.ts";

const policy = (rules: readonly string[], mode = "passthroughMode: Matched"): string =>
  `type: MeshPassthrough\nname: p\nmesh: default\nspec:\n  default:\n    ${mode}\n    appendMatch:\n${rules.map((r) => `    - {${r}}\n`).join("")}`;

/** All findings of text and validate, as `code path-below-the-list`. */
const found = (rules: readonly string[], mode?: string): string[] => {
  const { drafts, diagnostics } = parseResources("f", policy(rules, mode));
  return [...diagnostics, ...drafts.flatMap((draft) => checkDraft(draft))].map(
    ({ code, path }) => `${code} ${path.slice(3).join(".")}`,
  );
};

const domain = (name: string, protocol: string, port?: number): string =>
  `type: Domain, value: '${name}', protocol: ${protocol}${port === undefined ? "" : `, port: ${port}`}`;
const ip = (value: string, protocol: string, port?: number): string =>
  `type: IP, value: '${value}', protocol: ${protocol}${port === undefined ? "" : `, port: ${port}`}`;

describe("one port carries one of http, http2 and grpc", () => {
  test.each<[string, string[], string[]]>([
    ["http, tls", [domain("a.b", "http", 80), domain("c.d", "tls", 80)], []],
    ["tls, http (D8)", [domain("c.d", "tls", 80), domain("a.b", "http", 80)], []],
    ["http, http", [domain("a.b", "http", 80), domain("c.d", "http", 80)], []],
    [
      "http, http2",
      [domain("a.b", "http", 80), domain("c.d", "http2", 80)],
      ["E203-l7-on-one-port 0.port", "E203-l7-on-one-port 1.port"],
    ],
    [
      "the same name twice",
      [domain("a.b", "http", 80), domain("a.b", "grpc", 80)],
      ["E203-l7-on-one-port 0.port", "E203-l7-on-one-port 1.port"],
    ],
    [
      "http, tls, grpc",
      [domain("a.b", "http", 80), domain("c.d", "tls", 80), domain("e.f", "grpc", 80)],
      ["E203-l7-on-one-port 0.port", "E203-l7-on-one-port 2.port"],
    ],
    ["on two ports", [domain("a.b", "http", 80), domain("c.d", "http2", 81)], []],
    [
      "without port (D9)",
      [domain("a.b", "http"), domain("c.d", "http2")],
      ["E203-l7-on-one-port 0.protocol", "E203-l7-on-one-port 1.protocol"],
    ],
    ["no port is not every port", [domain("a.b", "http"), domain("c.d", "http2", 80)], []],
    [
      "a rule with another fault counts",
      [domain("a b", "http", 80), domain("c.d", "http2", 80)],
      ["E106-bad-domain 0.value", "E203-l7-on-one-port 0.port", "E203-l7-on-one-port 1.port"],
    ],
  ])("%s", (_, rules, expected) => {
    expect(found(rules)).toEqual(expected);
  });

  test("the message names all of them, in one order", () => {
    const { drafts } = parseResources(
      "f",
      policy([domain("a.b", "grpc", 80), domain("a.b", "http2", 80), domain("a.b", "http", 80)]),
    );
    expect(drafts.flatMap((draft) => checkDraft(draft))[0]?.message).toBe(
      "port 80: `http`, `http2` and `grpc` cannot be told apart",
    );
  });
});

describe("duplicates", () => {
  test.each<[string, string[], string[]]>([
    [
      "the same text",
      [domain("a.b", "tls", 443), domain("a.b", "tls", 443)],
      ["E204-duplicate-rule 0.value", "E204-duplicate-rule 1.value"],
    ],
    [
      "without port (D9)",
      [domain("a.b", "tls"), domain("a.b", "tls")],
      ["E204-duplicate-rule 0.value", "E204-duplicate-rule 1.value"],
    ],
    ["with and without port", [domain("a.b", "tls"), domain("a.b", "tls", 443)], []],
    ["another protocol", [domain("a.b", "tls", 80), domain("a.b", "http", 80)], []],
    [
      "a name in capitals (D14)",
      [domain("a.b", "tls", 443), domain("A.b.", "tls", 443)],
      ["W310-same-rule 0.value", "W310-same-rule 1.value"],
    ],
    [
      "two writings of an address (D14)",
      [ip("::1", "tls", 1), ip("0::1", "tls", 1)],
      ["W310-same-rule 0.value", "W310-same-rule 1.value"],
    ],
    [
      "a mapped address (D14)",
      [ip("1.2.3.4", "tls", 1), ip("::ffff:1.2.3.4", "tls", 1)],
      ["W310-same-rule 0.value", "W310-same-rule 1.value"],
    ],
    [
      "an address and its block (D14)",
      [ip("1.2.3.4", "tls", 1), "type: CIDR, value: 1.2.3.4/32, port: 1, protocol: tls"],
      ["W310-same-rule 0.value", "W310-same-rule 1.value"],
    ],
    [
      "host bits (D14)",
      [
        "type: CIDR, value: 10.0.0.1/8, port: 1, protocol: tls",
        "type: CIDR, value: 10.0.0.0/8, port: 1, protocol: tls",
      ],
      ["W310-same-rule 0.value", "W310-same-rule 1.value"],
    ],
    [
      "a block and a wider one",
      [
        "type: CIDR, value: 10.0.0.0/8, port: 1, protocol: tls",
        "type: CIDR, value: 10.0.0.0/9, port: 1, protocol: tls",
      ],
      [],
    ],
    [
      "both kinds at once",
      [domain("a.b", "tls", 1), domain("A.b", "tls", 1), domain("a.b", "tls", 1)],
      ["E204-duplicate-rule 0.value", "W310-same-rule 1.value", "E204-duplicate-rule 2.value"],
    ],
  ])("%s", (_, rules, expected) => {
    expect(found(rules)).toEqual(expected);
  });
});

describe("names", () => {
  test.each<[string, string, string[]]>([
    ["tcp with a name", domain("a.b", "tcp", 1), ["E201-tcp-domain 0.protocol"]],
    [
      "tcp with a bad name",
      domain("1.2.3.4", "tcp", 1),
      ["E109-address-in-domain 0.value", "E201-tcp-domain 0.protocol"],
    ],
    ["a wildcard, http, every port", domain("*.b", "http"), ["E202-wildcard-any-port 0.port"]],
    ["any name, grpc, every port", domain("*", "grpc"), ["E202-wildcard-any-port 0.port"]],
    ["a wildcard, http, one port", domain("*.b", "http", 80), []],
    ["a wildcard, tls, every port", domain("*.b", "tls"), []],
    ["a name, http, every port", domain("a.b", "http"), []],
  ])("%s", (_, rule, expected) => {
    expect(found([rule])).toEqual(expected);
  });
});

describe("warnings", () => {
  test.each<[string, string[], string | undefined, string[]]>([
    ["a list without a mode (D1)", [domain("a.b", "tls", 1)], "{}", ["W303-unused-list "]],
    ["a list under All", [domain("a.b", "tls", 1)], "passthroughMode: All", ["W303-unused-list "]],
    ["a list under None", [domain("a.b", "tls", 1)], "passthroughMode: None", ["W303-unused-list "]],
    [
      "a mode that is none is fault enough",
      [domain("a.b", "tls", 1)],
      "passthroughMode: matched",
      ["E105-unknown-value "],
    ],
    ["tcp without port (D17)", [ip("1.2.3.4", "tcp")], undefined, ["W304-tcp-admits-all 0.protocol"]],
    ["tcp on a port of its own", [ip("1.2.3.4", "tcp", 1), domain("a.b", "tls", 2)], undefined, []],
    [
      "tcp beside tls (D17)",
      [ip("1.2.3.4", "tcp", 1), domain("a.b", "tls", 1)],
      undefined,
      ["W304-tcp-admits-all 0.protocol"],
    ],
    [
      "tcp beside http (D17)",
      [domain("a.b", "http", 1), ip("1.2.3.4", "tcp", 1)],
      undefined,
      ["W304-tcp-admits-all 1.protocol"],
    ],
    ["tcp beside tls without port", [ip("1.2.3.4", "tcp", 1), domain("a.b", "tls")], undefined, []],
  ])("%s", (_, rules, mode, expected) => {
    const clean = mode === "{}" ? policy(rules).replace("    passthroughMode: Matched\n", "") : policy(rules, mode);
    const { drafts, diagnostics } = parseResources("f", clean);
    const all = [...diagnostics, ...drafts.flatMap((draft) => checkDraft(draft))];
    expect(all.map(({ code, path }) => `${code} ${path.slice(3).join(".")}`)).toEqual(expected);
  });
});

const anyRule = fc
  .record(
    {
      type: fc.constantFrom("Domain", "IP", "CIDR", "Nothing"),
      value: fc.constantFrom("a.b", "A.B", "*.b", "*", "*x.b", "1.2.3.4", "::ffff:1.2.3.4", "1.2.3.4/32", "é.b"),
      protocol: fc.constantFrom("tcp", "tls", "http", "http2", "grpc", "ftp"),
      port: fc.constantFrom("80", "81", "0", "'80'"),
    },
    { requiredKeys: ["type", "value"] },
  )
  .map((fields) =>
    Object.entries(fields)
      .map(([k, v]) => `${k}: ${k === "value" ? JSON.stringify(v) : v}`)
      .join(", "),
  );

test("law: the findings about a rule do not depend on the order of the rules", () => {
  const findings = (rules: readonly string[]): string[] => {
    const { drafts, diagnostics } = parseResources("f", policy(rules));
    return [...diagnostics, ...drafts.flatMap((draft) => checkDraft(draft))]
      .map(({ code, path, message }) => `${code} ${rules[Number(path[3])]} ${path.slice(4).join(".")} ${message}`)
      .sort();
  };
  const shuffled = fc
    .array(anyRule, { maxLength: 7 })
    .chain((rules) => fc.tuple(fc.constant(rules), fc.shuffledSubarray(rules, { minLength: rules.length })));
  fc.assert(
    fc.property(shuffled, ([rules, others]) => {
      expect(findings(others)).toEqual(findings(rules));
    }),
    { numRuns: 500 },
  );
});
