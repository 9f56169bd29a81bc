import { describe, expect, test } from "vitest";
import { dataplane, mesh, meta, must, type PolicyOptions, policy } from "../../../test/laws/builders.ts";
import { withComputedLabels } from "../labels/index.ts";
import { renderClass } from "../space/index.ts";
import { type Edit, parseQuestion, proposeEdits, type Situation, viewEdit } from "./index.ts";

const CONTEXT = { systemNamespace: "kuma-system" };
const situation = (...policies: readonly (readonly [name: string, options: PolicyOptions])[]): Situation => ({
  dataplane: dataplane(),
  mesh: mesh(),
  policies: policies.map(([name, options]) => policy(name, options)),
  dataplanes: [
    dataplane(),
    dataplane({ meta: meta("db-1"), inbound: [{ port: 1, tags: { "kuma.io/service": "db" } }] }),
  ],
  context: CONTEXT,
});
const ask = (text: string, s: Situation) => proposeEdits(must(parseQuestion(text)), s);
const short = ({ kind, policy: { name, index }, rule, lets }: Edit) => [
  kind,
  index === undefined ? name : `${name}#${index}`,
  `${rule.type} ${rule.value} ${rule.protocol}${rule.port === undefined ? "" : ` ${rule.port}`}`,
  ...lets.map((one) => renderClass(one)),
];
const WEB = { kind: "MeshSubset", tags: { "kuma.io/service": "web" } } as const;
const web = (...rules: string[]): Situation => situation(["web", { targetRef: WEB, mode: "Matched", rules }]);

describe("which rule", () => {
  test("a near miss on another port: the same for this port, or for every port", () => {
    expect(ask("opaque://10.1.2.3:5432", web("CIDR 10.1.2.0/24 tcp 5433")).map(short)).toEqual([
      ["add rule", "web#1", "IP 10.1.2.3 tcp 5432", "TLS and HTTP on port 5432 to 10.1.2.3"],
      [
        "add rule",
        "web#1",
        "CIDR 10.1.2.0/24 tcp 5432",
        "any traffic on port 5432 to 10.1.2.0/24; except bytes that are neither TLS nor HTTP on port 5432 to 10.1.2.3",
      ],
      [
        "change rule",
        "web#0",
        "CIDR 10.1.2.0/24 tcp",
        "any traffic on any port except 5433 to 10.1.2.0/24; except bytes that are neither TLS nor HTTP on port 5432 to 10.1.2.3",
      ],
    ]);
  });

  test("an HTTP wildcard needs its port, so it is never widened to every port", () => {
    const edits = ask("http://x.a.test:8080", web("Domain *.a.test http 80"));
    expect(edits.map(short)).toEqual([
      ["add rule", "web#1", "Domain x.a.test http 8080", "HTTP/2 on port 8080 to x.a.test"],
      [
        "add rule",
        "web#1",
        "Domain *.a.test http 8080",
        "HTTP on port 8080 to *.a.test; except HTTP/1 on port 8080 to x.a.test",
      ],
    ]);
  });

  test("a neighbour's name or address is widened, but never to half the internet", () => {
    const kinds = (text: string, rule: string) =>
      ask(text, web(rule))
        .filter(({ kind }) => kind === "change rule")
        .map(({ rule }) => rule.value);
    expect(kinds("tls://b.example.com", "Domain a.example.com tls 443")).toEqual(["*.example.com"]);
    expect(kinds("tls://b.com", "Domain a.com tls 443")).toEqual([]);
    expect(kinds("tls://example.com", "Domain *.example.com tls 443")).toEqual([]);
    expect(kinds("tls://x.b.example.com", "Domain *.a.example.com tls 443")).toEqual(["*.example.com"]);
    expect(kinds("opaque://10.1.2.9:80", "IP 10.1.2.8 tcp 80")).toEqual(["10.1.2.8/31"]);
    expect(kinds("opaque://10.200.0.1:80", "IP 10.1.0.1 tcp 80")).toEqual([]);
    expect(kinds("opaque://[2001:db8::1]:80", "IP 10.1.0.1 tcp 80")).toEqual([]);
  });

  test("another protocol of the same address", () => {
    const changed = (text: string, rule: string) =>
      ask(text, web(rule))
        .filter(({ kind }) => kind === "change rule")
        .map(({ rule }) => rule.protocol);
    expect(changed("opaque://192.0.2.1:443", "IP 192.0.2.1 tls 443")).toEqual(["tcp"]);
    expect(changed("h2c://:80@192.0.2.1", "IP 192.0.2.1 grpc 80")).toEqual(["http2", "http", "tcp"]);
    expect(changed("http://a.test:80", "Domain a.test tls 80")).toEqual([]);
  });

  test("one of http, http2 and grpc a port: the one that is there if it will do, else a policy beside it", () => {
    expect(ask("grpc://b.test:80", web("Domain a.test http 80")).map(short)[0]).toEqual([
      "add rule",
      "web#1",
      "Domain b.test http 80",
      "HTTP (gRPC apart) on port 80 to b.test",
    ]);
    expect(ask("http://b.test:80", web("Domain a.test grpc 80")).map(short)).toEqual([
      ["new policy", "allow-b-test", "Domain b.test http 80", "HTTP/2 on port 80 to b.test"],
    ]);
  });

  test("a name that no rule can hold leaves the address", () => {
    expect(ask('tls://"a b":443@192.0.2.1', web()).map(({ rule }) => rule.type)).toEqual(["IP"]);
    expect(ask("tls://a.test.:443", web())).toEqual([]);
    expect(ask("opaque://:5432", web())).toEqual([]);
    expect(ask("tls://?:443", web()).map(short)).toEqual([["add rule", "web#0", "Domain * tls 443"]]);
  });
});

describe("which policy", () => {
  const MATCHED = { mode: "Matched" } as const;

  test("the one that concerns fewest other proxies; a new one where each concerns some", () => {
    const both = situation(["all", MATCHED], ["web", { targetRef: WEB }]);
    expect(ask("tls://a.test", both).map(({ kind, policy, alsoFor }) => [kind, policy.name, alsoFor.length])).toEqual([
      ["add rule", "web", 0],
    ]);
    const one = situation(["all", MATCHED]);
    expect(ask("tls://a.test", one).map(({ kind, policy, alsoFor }) => [kind, policy.name, alsoFor.length])).toEqual([
      ["new policy", "allow-a-test", 0],
      ["add rule", "all", 1],
    ]);
  });

  test("a new one has a name that is free", () => {
    const taken = situation(
      ["all", MATCHED],
      ["allow-a-test", { targetRef: { kind: "MeshSubset", tags: { x: "y" } } }],
    );
    expect(ask("tls://a.test", taken)[0]?.policy.name).toBe("allow-a-test-2");
  });

  test("where the mode is None: set it where it is set, or a policy above it", () => {
    const none = situation(["none", { mode: "None", rules: ["IP 192.0.2.1 tcp 25"] }]);
    expect(ask("tls://a.test", none).map(short)).toEqual([
      ["new policy", "allow-a-test", "Domain a.test tls 443", "any traffic on port 25 to 192.0.2.1"],
      ["set mode", "none#1", "Domain a.test tls 443", "any traffic on port 25 to 192.0.2.1"],
    ]);
    const unset = situation(["unset", { targetRef: WEB }]);
    expect(ask("tls://a.test", unset).map(short)).toEqual([["set mode", "unset#0", "Domain a.test tls 443"]]);
    const strict: Situation = { ...situation(), mesh: mesh(false) };
    expect(ask("tls://a.test", strict).map(short)).toEqual([["new policy", "allow-a-test", "Domain a.test tls 443"]]);
  });

  test("a text to apply has no computed labels, in either form", () => {
    const context = { systemNamespace: "kuma-system", zone: "east" };
    const yaml = (form: "universal" | "kubernetes") => {
      const name = form === "kubernetes" ? "web-1.shop" : "web-1";
      const bare = { ...meta(name, { form }), ...(form === "kubernetes" ? { namespace: "shop" } : {}) };
      const proxy = withComputedLabels(dataplane({ meta: bare }), context);
      const s: Situation = { dataplane: proxy, mesh: mesh(false), policies: [], dataplanes: [proxy], context };
      return ask("tls://a.test", s).map((edit) => viewEdit(edit, context).yaml);
    };
    expect(yaml("universal")[0]?.split("\n").slice(0, 5)).toEqual([
      "type: MeshPassthrough",
      "mesh: default",
      "name: allow-a-test",
      "spec:",
      "  targetRef:",
    ]);
    expect(yaml("kubernetes")[0]?.split("\n").slice(0, 8)).toEqual([
      "apiVersion: kuma.io/v1alpha1",
      "kind: MeshPassthrough",
      "metadata:",
      "  name: allow-a-test",
      "  namespace: shop",
      "  labels:",
      "    kuma.io/mesh: default",
      "spec:",
    ]);
  });
});
