import { expect, test } from "vitest";
import { connection, effective, matched, must, rule, sourced } from "../../../test/laws/builders.ts";
import { decide } from "../decide/index.ts";
import { type EffectivePolicy, parseConnection } from "../model/index.ts";
import { renderVerdict, renderWhy, why } from "./index.ts";

/** The documentation's third example. */
const DOCS: EffectivePolicy = {
  ...matched(),
  rules: sourced(
    [
      "Domain httpbin.org tls 443",
      "IP 10.240.15.39 tcp 8888",
      "CIDR 10.250.0.0/16 tcp 10000",
      "Domain *.wikipedia.org tls 443",
      "Domain httpbin.dev http 80",
    ].map(rule),
    "allow-some-passthrough",
  ),
};

const lines = (policy: EffectivePolicy, text: string): string[] => renderVerdict(decide(policy, connection(text)));
const answer = (policy: EffectivePolicy, text: string): string[] => {
  const asked = must(parseConnection(text));
  return renderWhy(asked, why(policy, asked));
};

test("an allow names its rule as it was written", () => {
  expect(lines(DOCS, "tls://httpbin.org:443")).toEqual([
    "allowed: rule allow-some-passthrough#0 (Domain httpbin.org tls 443)",
  ]);
  expect(lines(matched("Domain *.Test tls", "Domain a.test tls"), "tls://a.test:1")).toEqual([
    "allowed: rule p#0 (Domain *.Test tls on any port)",
    "  rule p#1 (Domain a.test tls on any port)",
  ]);
});

test("a deny says what would have to be different, the nearest first", () => {
  expect(lines(DOCS, "tls://en.wikipedia.org:8443").slice(0, 2)).toEqual([
    "denied: no rule admits it",
    "  allow-some-passthrough#3 would admit it if the port were 443",
  ]);
  expect(lines(DOCS, "opaque://10.240.15.40:8888")[1]).toBe(
    "  allow-some-passthrough#1 would admit it if the address were 10.240.15.39",
  );
  expect(lines(DOCS, "opaque://10.251.0.1:10000")[1]).toBe(
    "  allow-some-passthrough#2 would admit it if the address were in 10.250.0.0/16",
  );
  expect(lines(DOCS, "tls://wikipedia.org:443")[1]).toBe(
    "  allow-some-passthrough#3 would admit it if the server name ended in .wikipedia.org",
  );
  expect(lines(DOCS, "tls://httpbin.dev:80")[1]).toBe(
    "  allow-some-passthrough#4 would admit it if it were a plaintext HTTP request",
  );
  expect(lines(DOCS, "opaque://203.0.113.7:443").slice(1)).toContain(
    "  allow-some-passthrough#0 would admit it if it were TLS and the server name were httpbin.org",
  );
});

test("each protocol and each kind of name has its words", () => {
  const nearest = (ruleText: string, text: string) =>
    lines(matched(ruleText), text)[1]?.replace("  p#0 would admit it if ", "");
  expect(nearest("Domain a.test http2 80", "http://a.test:80")).toBe("it were a plaintext HTTP/2 request");
  expect(nearest("Domain a.test grpc 80", "h2c://a.test:80")).toBe("it were a plaintext gRPC request over HTTP/2");
  expect(nearest("Domain a.test http 80", "http://b.test:80")).toBe("the host were a.test");
  expect(nearest("Domain * http 80", "http://a,b:80")).toBe("the host were a well-formed name");
});

test("a rule whose destination fits comes before one whose destination is merely like it", () => {
  const policy = matched("Domain www.a.test tls 8443", "Domain a.test tls 443");
  expect(lines(policy, "tls://a.test:8443").slice(1)).toEqual([
    "  p#1 would admit it if the port were 443",
    "  p#0 would admit it if the server name were www.a.test",
  ]);
});

test("among rules whose destination misses, the one most like it comes first, wherever it stands", () => {
  const first = (text: string, ...rules: string[]) => lines(matched(...rules), text)[1]?.split(" ")[2];
  expect(first("tls://api.a.test", "Domain b.test tls", "Domain www.a.test tls", "Domain a.example tls")).toBe("p#1");
  expect(first("tls://xa.test", "Domain a.test tls", "Domain x.xa.test tls")).toBe("p#1");
  expect(first("opaque://10.1.2.3:1", "CIDR 10.0.0.0/16 tcp", "IP 2001:db8::1 tcp", "IP 10.1.2.4 tcp")).toBe("p#2");
});

test("modes and proxies without enforcement say who decided", () => {
  const mode = (value: "All" | "None", source: EffectivePolicy["mode"]["source"]): EffectivePolicy => ({
    enforced: true,
    mode: { value, source },
    rules: [],
  });
  expect(lines(effective("All", []), "tls://a.test")).toEqual(["allowed: mode All, set by p"]);
  expect(lines(mode("None", "mesh"), "tls://a.test")).toEqual([
    "denied: mode None, by the Mesh: no policy selects this proxy, and networking.outbound.passthrough decides",
  ]);
  expect(lines(mode("None", "default"), "tls://a.test")).toEqual([
    "denied: mode None, by default: none of the policies that select this proxy sets a mode",
  ]);
  expect(lines({ ...mode("None", "mesh"), enforced: { not: "no transparent proxy" } }, "tls://a.test")).toEqual([
    "allowed: not enforced: the Dataplane has no transparent proxy, so nothing is redirected to its sidecar",
  ]);
});

test("with an unknown address a name rule answers for every address", () => {
  expect(answer(DOCS, "tls://httpbin.org")).toEqual([
    "tls://httpbin.org:443 (whatever its address)",
    "allowed: rule allow-some-passthrough#0 (Domain httpbin.org tls 443)",
  ]);
  expect(answer(DOCS, "tls://example.org")[1]).toBe("denied: no rule admits it");
  expect(answer(DOCS, "tls://httpbin.org:443@203.0.113.7")[0]).toBe("tls://httpbin.org:443@203.0.113.7");
});

test("with an unknown address an address rule makes it matter", () => {
  expect(answer(DOCS, "opaque://:10000")).toEqual([
    "opaque://:10000",
    "depends on its address",
    "  allowed there: rule allow-some-passthrough#2 (CIDR 10.250.0.0/16 tcp 10000)",
    "  denied elsewhere, as at 203.0.113.10:",
    "    no rule admits it",
    "    allow-some-passthrough#2 would admit it if the address were in 10.250.0.0/16",
    "    allow-some-passthrough#1 would admit it if the port were 8888 and the address were 10.240.15.39",
    "    allow-some-passthrough#0 would admit it if the port were 443 and it were TLS and the server name were httpbin.org",
  ]);
});

test("rules that cover all of IPv4 and IPv6 together allow whatever the address; IPv4 alone does not", () => {
  const both = matched("CIDR 0.0.0.0/1 tcp", "CIDR ::/0 tls", "CIDR 128.0.0.0/1 tls");
  expect(answer(both, "tls://a.test").slice(0, 2)).toEqual([
    "tls://a.test:443 (whatever its address)",
    "allowed: rules cover every address",
  ]);
  expect(why(matched("CIDR 0.0.0.0/0 tcp"), must(parseConnection("tls://a.test"))).verdict).toBe("depends");
});

test("in modes All and None the address does not matter", () => {
  const rules = [rule("CIDR 0.0.0.0/0 tcp")];
  expect(answer(effective("All", rules), "tls://a.test")[1]).toBe("allowed: mode All, set by p");
  expect(answer(effective("None", rules), "tls://a.test")[1]).toBe("denied: mode None, set by p");
});

test("a long list of rules is cut, and the rest counted", () => {
  const many = matched(...Array.from({ length: 12 }, (_, i) => `IP 10.0.0.${i} tcp 80`));
  const text = answer(many, "opaque://:80");
  expect(text.filter((line) => line.includes("allowed there")).length).toBe(10);
  expect(text).toContain("  and 2 more rules");
});
