import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sallyport } from "./command.ts";

const dataplane = (name: string, service: string): string => `type: Dataplane
mesh: default
name: ${name}
networking:
  address: 10.0.0.1
  inbound: [{ port: 80, tags: { kuma.io/service: ${service} } }]
  transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 }
`;

const POLICY = `type: MeshPassthrough
mesh: default
name: some
spec:
  default:
    passthroughMode: Matched
    appendMatch:
    - { type: Domain, value: www.example.com, port: 443, protocol: tls }
    - { type: CIDR, value: 10.1.0.0/16, port: 5432, protocol: tls }
---
type: MeshPassthrough
mesh: default
name: web
spec:
  targetRef: { kind: MeshSubset, tags: { kuma.io/service: web } }
  default:
    appendMatch:
    - { type: IP, value: 192.0.2.1, port: 443, protocol: tls }
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-why-"));
  writeFileSync(
    join(folder, "proxies.yaml"),
    [dataplane("web-1", "web"), dataplane("web-2", "web"), dataplane("db", "db")].join("---\n"),
  );
  writeFileSync(join(folder, "policy.yaml"), POLICY);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const why = (...args: string[]) => sallyport(["why", ...args], { cwd: folder });

describe("edits", () => {
  test("for a deny: what to paste, where, what else it lets out, whom else it concerns", async () => {
    const { code, stdout } = await why("--proxy", "web-1", "tls://api.example.com:443@203.0.113.7");
    expect(code).toBe(1);
    expect(stdout).toBe(`tls://api.example.com:443@203.0.113.7
denied: no rule admits it
  some#0 would admit it if the server name were www.example.com
  web#0 would admit it if the address were 192.0.2.1
  some#1 would admit it if the port were 5432 and the address were in 10.1.0.0/16
edits that would allow it, the one that lets out least first:
  1. add to \`appendMatch\` of web (policy.yaml:18:5):
       - type: Domain
         value: api.example.com
         port: 443
         protocol: tls
     also lets out TLS on port 443 to api.example.com at any address except 192.0.2.1, 203.0.113.7
     also applies to web-2
  2. add to \`appendMatch\` of web (policy.yaml:18:5):
       - type: IP
         value: 203.0.113.7
         port: 443
         protocol: tls
     also lets out TLS on port 443 to 203.0.113.7 under any name or none, except api.example.com, www.example.com
     also applies to web-2
  3. write instead of rule some#0 (policy.yaml:8:7):
       - type: Domain
         value: "*.example.com"
         port: 443
         protocol: tls
     also lets out TLS on port 443 to *.example.com (except www.example.com) at any address except 192.0.2.1; except TLS on port 443 to api.example.com at 203.0.113.7
     also applies to web-2, db
`);
  });

  test("each of them, pasted, is an allow", async () => {
    const asked = "opaque://10.1.2.3:5432";
    const { stdout } = await why("--proxy", "db", asked, "-o", "json");
    const { edits } = JSON.parse(stdout);
    expect(edits.map(({ kind }: { kind: string }) => kind)).toEqual(["new policy", "add rule", "change rule"]);
    expect(edits[2]).toMatchObject({
      policy: "some#1",
      was: { protocol: "tls" },
      rule: { protocol: "tcp" },
      at: "policy.yaml:9:7",
    });
    writeFileSync(join(folder, "fix.yaml.txt"), edits[0].yaml);
    const after = await why("-f", "proxies.yaml", "-f", "policy.yaml", "-f", "fix.yaml.txt", "--proxy", "db", asked);
    expect(after.code, after.stdout + after.stderr).toBe(0);
  });

  test("none for an allow", async () => {
    const { code, stdout } = await why("--proxy", "db", "tls://www.example.com:443@203.0.113.7", "-o", "json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).edits).toBeUndefined();
  });
});

describe("without a proxy", () => {
  test("every proxy is answered for, equal answers once; 0 only if all of them allow", async () => {
    const { code, stdout } = await why("tls://a.test:443@192.0.2.1");
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^web-1, web-2 \(mesh default\)\ntls:\/\/a\.test:443@192\.0\.2\.1\nallowed: rule web#0 .*\n\ndb \(mesh default\)\n.*\ndenied: /,
    );
    const all = await why("tls://www.example.com", "-o", "json");
    expect(all.code).toBe(0);
    expect(JSON.parse(all.stdout)).toMatchObject({
      connection: "tls://www.example.com:443",
      answers: [{ proxies: [{ proxy: "web-1" }, { proxy: "web-2" }, { proxy: "db" }], verdict: "allow" }],
    });
  });
});

describe("without a name", () => {
  test("the answer says for which names", async () => {
    const { code, stdout } = await why("--proxy", "db", "tls://?:443@203.0.113.7");
    expect(code).toBe(1);
    expect(stdout).toContain(`tls://?:443@203.0.113.7
depends on its name
  allowed: TLS on port 443 to www.example.com at 203.0.113.7
  by rule some#0 (Domain www.example.com tls 443)
  denied: TLS on port 443 to 203.0.113.7 under any name or none, except www.example.com
  denied as in tls://example.net:443@203.0.113.7:
    no rule admits it
`);
    const allowed = await why("--proxy", "web-1", "tls://?:443@192.0.2.1");
    expect([allowed.code, allowed.stdout]).toEqual([
      0,
      "tls://?:443@192.0.2.1 (whatever its name)\nallowed: rules cover it\n  by rule some#0 (Domain www.example.com tls 443)\n  by rule web#0 (IP 192.0.2.1 tls 443)\n",
    ]);
    const denied = await why("--proxy", "db", "http://?", "-o", "json");
    expect(denied.code).toBe(1);
    expect(JSON.parse(denied.stdout)).toMatchObject({ connection: "http://?:80", verdict: "deny", nameMatters: false });
  });

  test.each([
    ["opaque://?:9000", /carry no name: leave the `\?` out/],
    ["tls://?x", /is no connection/],
    ["tls://a?", /leave the path out/],
  ])("%s is refused", async (text, said) => {
    const { code, stderr } = await why("--proxy", "db", text);
    expect(code).toBe(2);
    expect(stderr).toMatch(said);
  });
});
