import { expect, test } from "vitest";
import { connection, effective, matched, rule } from "../../../test/laws/builders.ts";
import type { EffectivePolicy } from "../model/index.ts";
import { formatPolicyRef } from "../model/index.ts";
import { decide } from "./decide.ts";

const EVERYTHING = [
  "tls://httpbin.org:443",
  "tls://:443",
  "http://httpbin.org:80",
  "http://:80@203.0.113.7",
  "http10://httpbin.org:80",
  "h2c://httpbin.org:80",
  "grpc://httpbin.org:80",
  "ws://httpbin.org:80",
  "opaque://203.0.113.7:9000",
  "opaque://[2001:db8::7]:9000",
];

test("§2: All allows whatever the rules say, and the mode is the reason", () => {
  for (const rules of [[], [rule("IP 203.0.113.7 tcp 9000")]])
    for (const text of EVERYTHING)
      expect(decide(effective("All", rules), connection(text))).toEqual({
        kind: "allow",
        reasons: [{ kind: "mode", mode: "All", source: { mesh: "default", name: "p", displayName: "p" } }],
      });
});

test("§2: None denies what a rule would admit, and the mode is the reason", () => {
  for (const text of EVERYTHING) {
    const verdict = decide(effective("None", [rule("CIDR 0.0.0.0/0 tcp"), rule("CIDR ::/0 tcp")]), connection(text));
    expect(verdict.kind).toBe("deny");
    expect(verdict.reasons).toMatchObject([{ kind: "mode", mode: "None" }]);
  }
});

test("§2: Matched without rules denies everything and comes near nothing", () => {
  for (const text of EVERYTHING)
    expect(decide(effective("Matched", []), connection(text))).toEqual({
      kind: "deny",
      reasons: [{ kind: "no rule admits", nearest: [] }],
    });
});

test("§6: where nothing is enforced everything is allowed, also in mode None, and that is the reason", () => {
  const unenforced: EffectivePolicy = { ...effective("None", []), enforced: { not: "builtin gateway" } };
  expect(decide(unenforced, connection("tls://a.test"))).toEqual({
    kind: "allow",
    reasons: [{ kind: "not enforced", why: "builtin gateway" }],
  });
});

test("§1: an allow names every rule that admits, and no other", () => {
  const policy = matched(
    "Domain a.test tls 443",
    "Domain b.test tls 443",
    "Domain *.test tls",
    "CIDR 203.0.113.0/24 tcp",
    "IP 203.0.113.7 tls 8443",
  );
  const verdict = decide(policy, connection("tls://a.test:443@203.0.113.7"));
  expect(verdict.kind).toBe("allow");
  expect(
    verdict.reasons.map((reason) => (reason.kind === "rule" ? formatPolicyRef(reason.source) : reason.kind)),
  ).toEqual(["p#0", "p#2", "p#3"]);
});

type Row = readonly [rule: string, connection: string, verdict: "allow" | "deny"];

const check = (title: string, rows: readonly Row[]): void => {
  test.each(rows)(`§3 ${title}: %s, %s: %s`, (ruleText, text, want) => {
    expect(decide(matched(ruleText), connection(text)).kind).toBe(want);
  });
};

check("port", [
  ["Domain a.test tls 443", "tls://a.test:443", "allow"],
  ["Domain a.test tls 443", "tls://a.test:444", "deny"],
  ["Domain a.test tls", "tls://a.test:444", "allow"],
  ["Domain a.test tls", "tls://a.test:1", "allow"],
  ["Domain a.test tls", "tls://a.test:65535", "allow"],
  ["CIDR 10.0.0.0/8 tcp", "opaque://10.1.2.3:65535", "allow"],
]);

check("IP", [
  ["IP 10.240.15.39 tcp 8888", "opaque://10.240.15.39:8888", "allow"],
  ["IP 10.240.15.39 tcp 8888", "opaque://10.240.15.38:8888", "deny"],
  ["IP ::ffff:10.240.15.39 tcp 8888", "opaque://10.240.15.39:8888", "allow"],
  ["IP 10.240.15.39 tcp 8888", "opaque://[::ffff:10.240.15.39]:8888", "allow"],
  ["IP 2001:DB8::7 tcp 8888", "opaque://[2001:db8:0::0:7]:8888", "allow"],
  ["IP ::a00:1 tcp", "opaque://10.0.0.1:80", "deny"],
  ["IP 10.0.0.1 tcp", "opaque://[::a00:1]:80", "deny"],
  ["IP 10.0.0.1 tls", "tls://10.0.0.1:443", "allow"],
  ["IP 10.0.0.1 tls", "tls://a.test:443@10.0.0.1", "allow"],
]);

check("CIDR", [
  ["CIDR 10.250.0.0/16 tcp 10000", "opaque://10.250.0.0:10000", "allow"],
  ["CIDR 10.250.0.0/16 tcp 10000", "opaque://10.250.255.255:10000", "allow"],
  ["CIDR 10.250.0.0/16 tcp 10000", "opaque://10.249.255.255:10000", "deny"],
  ["CIDR 10.250.0.0/16 tcp 10000", "opaque://10.251.0.0:10000", "deny"],
  ["CIDR 10.250.77.13/16 tcp 10000", "opaque://10.250.0.1:10000", "allow"],
  ["CIDR 0.0.0.0/0 tcp", "opaque://255.255.255.255:1", "allow"],
  ["CIDR 0.0.0.0/0 tcp", "opaque://[2001:db8::1]:1", "deny"],
  ["CIDR ::/0 tcp", "opaque://[2001:db8::1]:1", "allow"],
  ["CIDR ::/0 tcp", "opaque://10.0.0.1:1", "deny"],
  ["CIDR ::/0 tcp", "opaque://[::ffff:10.0.0.1]:1", "deny"],
  ["CIDR ::ffff:10.0.0.0/104 tcp", "opaque://10.255.0.1:1", "allow"],
  ["CIDR 2001:db8::/127 tcp", "opaque://[2001:db8::1]:1", "allow"],
  ["CIDR 2001:db8::/127 tcp", "opaque://[2001:db8::2]:1", "deny"],
  ["CIDR 10.0.0.1/32 tcp", "opaque://10.0.0.1:1", "allow"],
  ["CIDR 10.0.0.1/32 tcp", "opaque://10.0.0.2:1", "deny"],
]);

check("Domain, exact", [
  ["Domain a.test tls", "tls://a.test", "allow"],
  ["Domain A.Test tls", "tls://a.test", "allow"],
  ["Domain a.test tls", "tls://A.TEST", "allow"],
  ["Domain a.test. tls", "tls://a.test", "allow"],
  ["Domain a.test tls", "tls://x.a.test", "deny"],
  ["Domain a.test tls", "tls://xa.test", "deny"],
  ["Domain a.test tls", "tls://test", "deny"],
  ["Domain a.test tls", "tls://:443", "deny"],
  ["Domain a.test http", "http://a.test", "allow"],
  ["Domain a.test http", "http://A.Test:80", "allow"],
  ["Domain a.test http", "http://b.test", "deny"],
]);

check("Domain, *.rest: any depth, never rest itself", [
  ["Domain *.a.test tls", "tls://x.a.test", "allow"],
  ["Domain *.a.test tls", "tls://z.y.x.a.test", "allow"],
  ["Domain *.a.test tls", "tls://a.test", "deny"],
  ["Domain *.a.test tls", "tls://xa.test", "deny"],
  ["Domain *.a.test tls", "tls://.a.test", "allow"],
  ["Domain *.a.test http", "http://x.a.test", "allow"],
  ["Domain *.a.test http", "http://z.y.a.test", "allow"],
  ["Domain *.a.test http", "http://a.test", "deny"],
  ["Domain *.a.test http", "http://.a.test", "deny"],
]);

check("Domain, *", [
  ["Domain * tls 443", "tls://a.test:443", "allow"],
  ["Domain * tls 443", "tls://:443", "allow"],
  ["Domain * tls 443", "tls://10.0.0.1:443", "allow"],
  ["Domain * tls 443", 'tls://"a b":443', "allow"],
  ["Domain * http 80", "http://a.test:80", "allow"],
  ["Domain * http 80", "http://203.0.113.7:80", "allow"],
  ["Domain * http 80", "http://[2001:db8::7]:80", "allow"],
  ["Domain * http 80", "http://:80@203.0.113.7", "deny"],
  ["Domain * http 80", "http10://:80@203.0.113.7", "deny"],
  ["Domain * http 80", "http://-:80", "deny"],
  ["Domain * http 80", "http://-.:80", "deny"],
  ["Domain * http 80", 'http://"-:80":80', "deny"],
  ["Domain * http 80", "http://a,b:80", "deny"],
  ["Domain * http 80", 'http://"a b":80', "deny"],
  ["Domain * http 80", 'http://"":80', "deny"],
  ["Domain * http 80", 'http://"a@b":80', "deny"],
  ["Domain * http 80", 'http://"a:80:80":80', "deny"],
  ["Domain * http 80", "http://a..b:80", "deny"],
  ["Domain * http 80", 'http://"ü.test":80', "deny"],
]);

check("names of TLS are compared as text", [
  ["Domain a.test tls", "tls://a.test.", "deny"],
  ["Domain *.a.test tls", "tls://x.a.test.", "deny"],
  ["Domain *.a.test tls", 'tls://"a b.a.test"', "allow"],
  ["Domain *.a.test tls", "tls://x..a.test", "allow"],
  ["Domain *.a.test tls", "tls://evil.test,x.a.test", "allow"],
]);

check("hosts: port and one trailing dot removed, well formed or no Domain rule", [
  ["Domain a.test http 8080", 'http://"a.test:9999":8080', "allow"],
  ["Domain a.test http", "http://a.test.", "allow"],
  ["Domain a.test http", 'http://"a.test.:80"', "allow"],
  ["Domain a.test http", "http://a.test..", "deny"],
  ["Domain *.a.test http", "http://evil.test,x.a.test", "deny"],
  ["Domain *.a.test http", 'http://"x y.a.test"', "deny"],
  ["Domain *.a.test http", "http://x..a.test", "deny"],
  ["Domain *.a.test http", "http://%2e.a.test", "deny"],
  ["Domain *.a.test http", 'http://"user@x.a.test"', "deny"],
]);

check("tcp admits every connection to the address", [
  ["IP 203.0.113.7 tcp", "tls://a.test:443", "allow"],
  ["IP 203.0.113.7 tcp", "tls://:443@203.0.113.7", "allow"],
  ["IP 203.0.113.7 tcp", "http://a.test:80", "allow"],
  ["IP 203.0.113.7 tcp", "http://:80@203.0.113.7", "allow"],
  ["IP 203.0.113.7 tcp", "http10://a.test:80", "allow"],
  ["IP 203.0.113.7 tcp", "h2c://a.test:80", "allow"],
  ["IP 203.0.113.7 tcp", "grpc://a.test:80", "allow"],
  ["IP 203.0.113.7 tcp", "opaque://203.0.113.7:1", "allow"],
]);

check("tls admits TLS only", [
  ["IP 203.0.113.7 tls", "tls://a.test:443", "allow"],
  ["IP 203.0.113.7 tls", "tls://:443@203.0.113.7", "allow"],
  ["IP 203.0.113.7 tls", "http://a.test:443", "deny"],
  ["IP 203.0.113.7 tls", "grpc://a.test:443", "deny"],
  ["IP 203.0.113.7 tls", "opaque://203.0.113.7:443", "deny"],
  ["Domain * tls", "opaque://203.0.113.7:443", "deny"],
  ["Domain * tls", "http://a.test:443", "deny"],
]);

check("http admits requests of any version", [
  ["Domain a.test http", "http10://a.test", "allow"],
  ["Domain a.test http", "http://a.test", "allow"],
  ["Domain a.test http", "ws://a.test", "allow"],
  ["Domain a.test http", "h2c://a.test", "allow"],
  ["Domain a.test http", "grpc://a.test", "allow"],
  ["Domain a.test http", "tls://a.test:80", "deny"],
  ["IP 203.0.113.7 http", "opaque://203.0.113.7:80", "deny"],
]);

check("http2 admits HTTP/2 only", [
  ["Domain a.test http2", "http10://a.test", "deny"],
  ["Domain a.test http2", "http://a.test", "deny"],
  ["Domain a.test http2", "ws://a.test", "deny"],
  ["Domain a.test http2", "h2c://a.test", "allow"],
  ["Domain a.test http2", "grpc://a.test", "allow"],
  ["Domain a.test http2", "tls://a.test:80", "deny"],
]);

check("grpc admits gRPC over HTTP/2 only", [
  ["Domain a.test grpc", "http10://a.test", "deny"],
  ["Domain a.test grpc", "http://a.test", "deny"],
  ["Domain a.test grpc", "h2c://a.test", "deny"],
  ["Domain a.test grpc", "grpc://a.test", "allow"],
  ["Domain a.test grpc", "tls://a.test:80", "deny"],
]);

check("address rules of the HTTP protocols look at no host", [
  ["IP 203.0.113.7 http", "http://whatever.test", "allow"],
  ["IP 203.0.113.7 http", "http://:80@203.0.113.7", "allow"],
  ["CIDR 203.0.113.0/24 http", 'http://"a b":80', "allow"],
  ["CIDR 203.0.113.0/24 http2", "h2c://:80@203.0.113.7", "allow"],
  ["CIDR 203.0.113.0/24 http2", "http://:80@203.0.113.7", "deny"],
  ["CIDR 203.0.113.0/24 grpc", "grpc://:80@203.0.113.7", "allow"],
  ["CIDR 203.0.113.0/24 grpc", "h2c://:80@203.0.113.7", "deny"],
]);

test("§1: isGrpc means nothing outside HTTP/2", () => {
  const request = { ...connection("http://a.test"), kind: "http", version: "1.1", isGrpc: true } as const;
  expect(decide(matched("Domain a.test grpc"), request).kind).toBe("deny");
});

test("§3: tcp goes only with IP or CIDR: a Domain rule for it admits nothing and is near to nothing", () => {
  for (const value of ["*", "a.test"]) {
    const verdict = decide(matched(`Domain ${value} tcp`), connection("tls://a.test"));
    expect(verdict).toEqual({ kind: "deny", reasons: [{ kind: "no rule admits", nearest: [] }] });
  }
});

test("§8 D2: an address rule does not hide a domain rule on its port", () => {
  const policy = matched("Domain a.test http 80", "CIDR 10.0.0.0/8 tcp 80");
  expect(decide(policy, connection("http://a.test:80@203.0.113.7")).kind).toBe("allow");
  expect(decide(policy, connection("http://a.test:80@10.0.0.1")).kind).toBe("allow");
});

test("§8 D4: http, http2 and grpc of different policies may meet on one port", () => {
  const policy = matched("Domain a.test http 80", "Domain b.test http2 80", "Domain c.test grpc 80");
  expect(["http://a.test", "h2c://b.test", "grpc://c.test"].map((t) => decide(policy, connection(t)).kind)).toEqual([
    "allow",
    "allow",
    "allow",
  ]);
  expect(["http://b.test", "h2c://c.test"].map((t) => decide(policy, connection(t)).kind)).toEqual(["deny", "deny"]);
});
