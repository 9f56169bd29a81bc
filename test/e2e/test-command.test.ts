import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT, sallyport } from "./command.ts";

const dataplane = (name: string, tags: string, transparent = true): string => `type: Dataplane
mesh: default
name: ${name}
networking:
  address: 10.0.0.1
  inbound: [{ port: 80, tags: { ${tags} } }]
${transparent ? "  transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 }\n" : ""}`;

const POLICY = `type: MeshPassthrough
mesh: default
name: some
spec:
  default:
    passthroughMode: Matched
    appendMatch:
    - { type: Domain, value: api.example.com, port: 443, protocol: tls }
    - { type: Domain, value: "*.example.com", port: 443, protocol: tls }
    - { type: IP, value: 192.0.2.1, port: 25, protocol: tcp }
`;

let folder: string;
const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
const run = (...args: string[]) => sallyport(["test", "-f", "set", ...args], { cwd: folder });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-test-"));
  mkdirSync(join(folder, "set"));
  write(
    "set/proxies.yaml",
    [dataplane("web", "kuma.io/service: web"), dataplane("pay", "kuma.io/service: pay, tier: pci")].join("---\n"),
  );
  write("set/policy.yaml", POLICY);
  write(
    "good.test.yaml",
    `proxy: { mesh: default, name: web }
cases:
- connection: tls://www.example.com:443@203.0.113.7
  want: allow
  because: some#1
- connection: http://www.example.com
  want: deny
statements:
- only: [{ names: "*.example.com", traffic: tls, port: 443 }, { address: 192.0.2.1, port: 25 }]
  for: {}
- every: { names: "*.example.com", traffic: tls, port: 443 }
- no: { port: 25 }
  except: { address: 192.0.2.1 }
  for: { tags: { tier: pci } }
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("test", () => {
  test("what holds passes, and ends with 0", async () => {
    const { code, stdout, stderr } = await run("-f", "good.test.yaml");
    expect([code, stdout, stderr]).toEqual([0, "5 passed, 0 failed in 1 file\n", ""]);
  });

  test("coverage: the rules that could go, and nothing would fail", async () => {
    const { code, stdout } = await run("-f", "good.test.yaml", "--coverage");
    expect(code).toBe(0);
    expect(stdout).toBe(`1 of 3 rules needed by an assertion; each of these could go and nothing would fail:
  set/policy.yaml:8: some#0 (Domain api.example.com tls 443)
  set/policy.yaml:10: some#2 (IP 192.0.2.1 tcp 25)

5 passed, 0 failed in 1 file
`);
    const json = JSON.parse((await run("-f", "good.test.yaml", "--coverage", "-o", "json")).stdout);
    expect(json.coverage.map(({ rule, needed }: { rule: string; needed: boolean }) => [rule, needed])).toEqual([
      ["some#0", false],
      ["some#1", true],
      ["some#2", false],
    ]);
    expect(json.summary).toEqual({ passed: 5, failed: 0 });
  });

  test("a failure prints line, verdict and reasons; a refuted statement its counter-example, which why confirms", async () => {
    write(
      "bad.test.yaml",
      `proxy: { mesh: default, name: web }
cases:
- connection: tls://api.example.com:443@203.0.113.7
  want: deny
- connection: tls://api.example.com:443@203.0.113.7
  want: allow
  because: some#2
- connection: opaque://:25
  want: allow
statements:
- no: { port: 25 }
  for: { tags: { tier: pci } }
  name: no mail
- no: { port: 26 }
  for: { proxy: nobody }
`,
    );
    const { code, stdout } = await run("-f", "bad.test.yaml");
    expect(code).toBe(1);
    expect(stdout).toBe(`bad.test.yaml:3: failed: web: tls://api.example.com:443@203.0.113.7: deny
  wanted deny
  allowed: rule some#0 (Domain api.example.com tls 443)
    rule some#1 (Domain *.example.com tls 443)

bad.test.yaml:5: failed: web: tls://api.example.com:443@203.0.113.7: allow because of some#2
  \`some#2\` is not among the reasons
  allowed: rule some#0 (Domain api.example.com tls 443)
    rule some#1 (Domain *.example.com tls 443)

bad.test.yaml:8: failed: web: opaque://:25: allow
  wanted allow, and that depends on the address: opaque://203.0.113.10:25
  denied: no rule admits it
    some#2 would admit it if the address were 192.0.2.1
    some#0 would admit it if the port were 443 and it were TLS and the server name were api.example.com
    some#1 would admit it if the port were 443 and it were TLS and the server name ended in .example.com

bad.test.yaml:11: failed: no mail: none of: any traffic on port 25 to anywhere; from every proxy with tier: pci
  does not hold for 1 of 1 proxy
  pay: tls://example.net:25@192.0.2.1 is allowed: rule some#2 (IP 192.0.2.1 tcp 25)

bad.test.yaml:14: failed: none of: any traffic on port 26 to anywhere; from nobody
  there is no proxy that it is about (nobody), so nothing is proved

0 passed, 5 failed in 1 file
`);
    const why = await sallyport(["why", "-f", "set", "-p", "pay", "tls://example.net:25@192.0.2.1"], { cwd: folder });
    expect(why.code, why.stdout).toBe(0);
  });

  test("a proxy on which nothing is enforced proves nothing", async () => {
    write("bare.yaml", dataplane("bare", "kuma.io/service: bare", false));
    write(
      "bare.test.yaml",
      `proxy: { mesh: default, name: bare }
cases:
- { connection: "tls://a.test:443@203.0.113.7", want: allow }
- { connection: "tls://a.test:443@203.0.113.7", want: deny }
- { connection: "tls://a.test:443@203.0.113.7", want: allow, because: not enforced }
statements:
- every: { port: 443 }
- { no: { port: 443, traffic: opaque }, for: {} }
`,
    );
    const { code, stdout } = await run("-f", "bare.yaml", "-f", "bare.test.yaml");
    expect(code).toBe(1);
    expect(stdout.match(/nothing is enforced/g)?.length).toBe(4);
    expect(stdout).toContain("does not hold for 1 of 3 proxies\n  bare: nothing is enforced on it");
    expect(stdout).toContain("1 passed, 4 failed");
  });

  test.each([
    ["junit", /^<\?xml [\s\S]*tests="5" failures="0"[\s\S]*<\/testsuites>\n$/],
    ["tap", /^TAP version 14\n1\.\.5\n(?:ok \d - .*\n){5}$/],
    ["sarif", /"results": \[\]/],
  ])("-o %s is for CI", async (form, text) => {
    const { code, stdout } = await run("-f", "good.test.yaml", "-o", form);
    expect(code).toBe(0);
    expect(stdout).toMatch(text);
  });

  test("no assertion, or an error in a file, is no success", async () => {
    const none = await run();
    expect([none.code, none.stdout]).toEqual([2, ""]);
    expect(none.stderr).toContain("there is no assertion in the files");
    write("faulty.test.yaml", "statements:\n- no: { prot: 25 }\n");
    const faulty = await run("-f", "faulty.test.yaml", "-f", "good.test.yaml");
    expect([faulty.code, faulty.stdout]).toEqual([1, ""]);
    expect(faulty.stderr).toMatch(
      /faulty\.test\.yaml:2:15: error\[E105-unknown-value\]: `prot` is no field of a class\n.*\n.*\n {2}help: did you mean `port`\?/,
    );
  });

  test.each(["universal", "kubernetes"])("the assertions of the %s example pass", async (form) => {
    const { code, stdout } = await sallyport(["test", "-f", join(ROOT, "examples", "quickstart", form)]);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^[1-9]\d* passed, 0 failed/m);
  });
});
