import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatConnection } from "../model/index.ts";
import { isAssertionFile, parseAssertions } from "./index.ts";

const PROXY = "proxy: {mesh: default, name: web-1}\n";
const said = (text: string): string[] =>
  parseAssertions("f.test.yaml", text).diagnostics.map(({ code, path, span }) =>
    `${span?.start.line}:${span?.start.column} ${code} ${path.join(".")}`.trim(),
  );

test("a suite has its proxy, and each case its connection, wish, reason and line", () => {
  const text = `name: web
${PROXY}cases:
- connection: tls://httpbin.org:443@203.0.113.7
  want: allow
  because: allow-some#0
- connection: {kind: http, destination: {ip: 203.0.113.7, port: 80}, version: 1.0, isGrpc: false}
  want: deny
  answer: 503
  send: {hostHeader: [a, b]}
  why: no host
`;
  const { suites, diagnostics } = parseAssertions("f.test.yaml", text);
  expect(diagnostics).toEqual([]);
  expect(suites).toMatchObject([
    {
      file: "f.test.yaml",
      name: "web",
      proxy: { mesh: "default", name: "web-1", span: { start: { line: 2 } } },
      drafts: [],
      files: [],
      cases: [
        { want: "allow", because: "allow-some#0", line: 4 },
        { want: "deny", answer: "503", send: { hostHeader: ["a", "b"] }, why: "no host", line: 7 },
      ],
    },
  ]);
  expect(suites[0]?.cases.map(({ connection }) => formatConnection(connection))).toEqual([
    "tls://httpbin.org:443@203.0.113.7",
    "http10://:80@203.0.113.7",
  ]);
});

test("each document is a suite", () => {
  const { suites } = parseAssertions("f.test.yaml", `${PROXY}cases: []\n---\n${PROXY}cases: []\n---\n`);
  expect(suites.map(({ line }) => line)).toEqual([1, 4]);
});

test("an inline Dataplane is the proxy, in both forms", () => {
  const networking = "networking: {address: 10.0.0.1, inbound: [{port: 1, tags: {kuma.io/service: a}}]}";
  const universal = parseAssertions(
    "f.test.yaml",
    `proxy: {type: Dataplane, mesh: m, name: d, ${networking}}\ncases: []\n`,
  );
  expect(universal.suites[0]).toMatchObject({ proxy: { mesh: "m", name: "d" }, drafts: [{ type: "Dataplane" }] });
  const kubernetes = parseAssertions(
    "f.test.yaml",
    `proxy: {apiVersion: kuma.io/v1alpha1, kind: Dataplane, mesh: m, metadata: {name: d, namespace: n}, spec: {${networking}}}\ncases: []\n`,
  );
  expect(kubernetes.suites[0]?.proxy).toMatchObject({ mesh: "m", name: "d.n" });
});

describe("faults, each at its place", () => {
  test.each([
    ["- a\n", ["1:1 E006-not-a-map"]],
    ["cases: []\n", ["1:1 E102-missing-field proxy"]],
    [PROXY, ["1:1 E102-missing-field cases"]],
    [
      "proxy: {mesh: default, nam: web-1}\ncases: []\n",
      ["1:24 W301-unknown-field proxy.nam", "1:1 E102-missing-field proxy.name"],
    ],
    [`${PROXY}case: []\ncases: []\n`, ["2:1 W301-unknown-field case"]],
    [`${PROXY}cases:\n- {connection: 'tls://a.b', want: permit}\n`, ["3:35 E105-unknown-value cases.0.want"]],
    [`${PROXY}cases:\n- {connection: 'tls://a.b'}\n`, ["3:3 E102-missing-field cases.0.want"]],
    [`${PROXY}cases:\n- {want: allow}\n`, ["3:3 E102-missing-field cases.0.connection"]],
    [`${PROXY}cases:\n- {connection: 'https://a.b', want: deny}\n`, ["3:16 E140-bad-connection cases.0.connection"]],
    [`${PROXY}cases:\n- {connection: {kind: tls}, want: deny}\n`, ["3:16 E140-bad-connection cases.0.connection"]],
    [`${PROXY}cases:\n- {connection: null, want: deny}\n`, ["3:16 E104-null-value cases.0.connection"]],
    [`${PROXY}files: [1]\ncases: []\n`, ["2:9 E103-wrong-type files.0"]],
    [`${PROXY}resources: [{type: Mesh}]\ncases: []\n`, ["2:13 E102-missing-field name"]],
    ["proxy: {type: Mesh, name: m}\ncases: []\n", ["1:8 E105-unknown-value proxy"]],
  ])("%j", (text, expected) => {
    expect(said(text)).toEqual(expected);
  });

  test("a case with a fault is left out, the others stay", () => {
    const text = `${PROXY}cases:\n- {connection: x, want: deny}\n- {connection: 'tls://a.b', want: deny}\n`;
    expect(parseAssertions("f.test.yaml", text).suites[0]?.cases.map(({ line }) => line)).toEqual([4]);
  });
});

test("files are told by their name", () => {
  expect(["a.test.yaml", "x/a.test.yml", "a.test.json"].every(isAssertionFile)).toBe(true);
  expect(["test.yaml", "a.yaml", "a.test.yaml.bak", "atest.yaml"].some(isAssertionFile)).toBe(false);
});

test("law: reading never throws", () => {
  const part = fc.constantFrom(
    "proxy: ",
    "cases:\n",
    "- ",
    "connection: ",
    "tls://a",
    "want: allow\n",
    "{",
    "}",
    "\n",
    "  ",
    "resources: ",
    "type: Mesh",
    "null",
    ":",
    "[",
    "]",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 20 }).map((p) => p.join("")),
  );
  fc.assert(
    fc.property(text, (t) => {
      parseAssertions("f", t);
    }),
    { numRuns: 2000 },
  );
});
