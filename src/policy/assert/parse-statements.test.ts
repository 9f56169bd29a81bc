import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderClass } from "../space/index.ts";
import { parseAssertions, statementClasses } from "./index.ts";

const read = (statement: string, head = "") => parseAssertions("f.test.yaml", `${head}statements:\n- ${statement}\n`);
const said = (statement: string): string[] =>
  read(statement).diagnostics.map(
    ({ code, path, span }) => `${span?.start.line}:${span?.start.column} ${code} ${path.join(".")}`,
  );
const texts = (statement: string): string[] => {
  const { statements, diagnostics } = read(statement);
  expect(diagnostics).toEqual([]);
  return (statements[0]?.statements ?? []).flatMap((one) => statementClasses(one).map((c) => renderClass(c)));
};

describe("classes", () => {
  test.each<readonly [string, string[]]>([
    ["no: {}", ["any traffic on any port to anywhere"]],
    ["no: { traffic: any, address: any, port: any, names: any }", ["any traffic on any port to anywhere"]],
    ["no: { port: 25 }", ["any traffic on port 25 to anywhere"]],
    ["no: { port: [25, 465, 8000-8002] }", ["any traffic on ports 25, 465, 8000-8002 to anywhere"]],
    ["no: { port: 2-65535 }", ["any traffic on any port except 1 to anywhere"]],
    ["no: { port: 1-65535 }", ["any traffic on any port to anywhere"]],
    ["no: { traffic: [http, opaque] }", ["anything but TLS on any port to anywhere"]],
    ["no: { traffic: http2 }", ["HTTP/2 on any port to anywhere"]],
    ["no: { address: 10.1.2.3/8, port: 80 }", ["any traffic on port 80 to 10.0.0.0/8"]],
    ["no: { address: [192.0.2.1, '::1'] }", ["any traffic on any port to 192.0.2.1, ::1"]],
    ["no: { names: '*' }", ["TLS and HTTP on any port to any name"]],
    ["no: { names: ['*.a.test', A.test.], traffic: tls }", ["TLS on any port to a.test, *.a.test"]],
    ["no: { names: a.test, traffic: opaque }", []],
    ["no: [{ port: 25, traffic: tls }, { port: 25, traffic: http }]", ["TLS and HTTP on port 25 to anywhere"]],
    ["only: []", []],
    [
      "{ no: { port: 25 }, except: { address: 10.0.0.0/8 } }",
      ["any traffic on port 25 to any address except 10.0.0.0/8"],
    ],
  ])("%s", (statement, text) => {
    expect(texts(statement)).toEqual(text);
  });
});

describe("faults, each at its place; a statement with one is left out", () => {
  test.each<readonly [string, string[]]>([
    ["{}", ["2:3 E102-missing-field statements.0"]],
    ["{ no: {}, only: {} }", ["2:13 E105-unknown-value statements.0.only"]],
    ["no: x", ["2:7 E103-wrong-type statements.0.no"]],
    ["no:", ["2:3 E104-null-value statements.0.no"]],
    ["no: { adress: 10.0.0.1 }", ["2:17 E105-unknown-value statements.0.no.adress"]],
    ["no: { traffic: udp }", ["2:18 E105-unknown-value statements.0.no.traffic"]],
    ["no: { port: 0 }", ["2:15 E105-unknown-value statements.0.no.port"]],
    ["no: { port: 9-3 }", ["2:15 E105-unknown-value statements.0.no.port"]],
    ["no: { port: 1-2-3 }", ["2:15 E105-unknown-value statements.0.no.port"]],
    ["no: { port: [80, true] }", ["2:20 E103-wrong-type statements.0.no.port.1"]],
    ["no: { address: 10.0.0 }", ["2:18 E105-unknown-value statements.0.no.address"]],
    ["no: { address: 10.0.0.0/33 }", ["2:18 E105-unknown-value statements.0.no.address"]],
    ["no: { names: [a b] }", ["2:17 E105-unknown-value statements.0.no.names.0"]],
    ["{ no: {}, except: { port: x } }", ["2:29 E105-unknown-value statements.0.except.port"]],
    ["{ no: {}, for: all }", ["2:18 E103-wrong-type statements.0.for"]],
    ["{ no: {}, for: { proxy: [1] } }", ["2:28 E103-wrong-type statements.0.for.proxy.0"]],
    ["{ no: {}, for: { tags: { a: 1 } } }", ["2:31 E103-wrong-type statements.0.for.tags.a"]],
    ["{ no: {}, fro: {} }", ["2:13 W301-unknown-field statements.0.fro"]],
  ])("%s", (statement, expected) => {
    expect(said(statement)).toEqual(expected);
    const isWarning = expected.every((text) => text.includes(" W"));
    expect(read(statement).statements[0]?.statements.length).toBe(isWarning ? 1 : 0);
  });
});

test("a filter that is misspelt is an error: the statement would be about other proxies", () => {
  const { statements, diagnostics } = read("{ no: {}, for: { tag: { tier: pci } } }");
  expect(diagnostics.map(({ code }) => code)).toEqual(["E105-unknown-value"]);
  expect(statements[0]?.statements).toEqual([]);
});

test("a statement is about the proxy of its test, unless it says for whom, or the test has none", () => {
  const about = (statement: string, head: string) => read(statement, head).statements[0]?.statements[0]?.for;
  const head = "proxy: {mesh: m, name: web}\n";
  expect(about("no: {}", head)).toEqual({ mesh: "m", names: ["web"] });
  expect(about("no: {}", "")).toEqual({});
  expect(about("{ no: {}, for: { proxy: db, mesh: n } }", head)).toEqual({ names: ["db"], mesh: "n" });
  expect(about("{ no: {}, for: { tags: { tier: pci } } }", head)).toEqual({ tags: { tier: "pci" } });
});

test("a test with a proxy that cannot be read has no statements: they would be about every proxy", () => {
  const { statements, diagnostics } = read("no: {}", "proxy: {mesh: m}\n");
  expect(diagnostics.length).toBeGreaterThan(0);
  expect(statements).toEqual([]);
});

test("cases need a proxy, statements do not", () => {
  expect(read("no: {}", "cases: []\n").diagnostics.map(({ code }) => code)).toEqual(["E102-missing-field"]);
});

test("law: reading statements never throws", () => {
  const part = fc.constantFrom(
    "statements:\n",
    "- ",
    "no: ",
    "only: ",
    "every: ",
    "except: ",
    "for: ",
    "{",
    "}",
    "[",
    "]",
    "port: 25",
    "names: '*'",
    "tags: ",
    "proxy: a",
    "\n",
    "  ",
    "null",
    ", ",
    ": ",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 25 }), (parts) => {
      parseAssertions("f", parts.join(""));
    }),
    { numRuns: 2000 },
  );
});
