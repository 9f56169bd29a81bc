import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, sallyport } from "./command.ts";

const DATAPLANES = ["web-1", "web-2"]
  .map(
    (name) => `type: Dataplane
mesh: default
name: ${name}
networking:
  address: 10.0.0.1
  inbound: [{ port: 80, tags: { kuma.io/service: web } }]
  transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 }
`,
  )
  .join("---\n");

const policy = (...rules: string[]): string => `type: MeshPassthrough
mesh: default
name: web
spec:
  default:
    passthroughMode: Matched
    appendMatch:
${rules.map((rule) => `    - { ${rule} }\n`).join("")}`;

const HTTPBIN = "type: Domain, value: httpbin.org, port: 443, protocol: tls";
const WIKI = "type: Domain, value: '*.wikipedia.org', port: 443, protocol: tls";
const EN_WIKI = "type: Domain, value: en.wikipedia.org, port: 443, protocol: tls";

let folder: string;
const git = async (...args: string[]) => {
  const { code, stderr } = await run("git", ["-c", "user.name=t", "-c", "user.email=t@example.test", ...args], {
    cwd: folder,
  });
  if (code !== 0) throw new Error(stderr);
};
const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
const diff = (...args: string[]) => sallyport(["diff", ...args], { cwd: folder });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-diff-"));
  mkdirSync(join(folder, "policies", "node_modules"), { recursive: true });
  write("dataplanes.yaml", DATAPLANES);
  write("policies/web.yaml", policy(HTTPBIN, EN_WIKI));
  write("policies/web.test.yaml", "not: [resources");
  write("policies/.hidden.yaml", "{");
  write("policies/node_modules/x.yaml", "{");
  symlinkSync("nowhere.yaml", join(folder, "policies", "link.yaml"));
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", ".");
  await git("commit", "--quiet", "-m", "one");
  rmSync(join(folder, "policies", "link.yaml"));
  write("policies/web.yaml", policy(HTTPBIN, WIKI));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("diff", () => {
  test("a folder against its own past in git: what is new, with a witness that why confirms; ends with 1", async () => {
    const { code, stdout, stderr } = await diff("HEAD:policies", "policies", "-f", "dataplanes.yaml");
    expect(stderr).toBe("");
    expect(stdout).toBe(`web-1, web-2 (mesh default)
  newly allowed
    TLS on port 443 to *.wikipedia.org (except en.wikipedia.org)
      such as tls://www.wikipedia.org:443@203.0.113.10

2 of 2 proxies change their egress
`);
    expect(code).toBe(1);
    const why = await sallyport(
      [
        "why",
        "-f",
        "policies/web.yaml",
        "-f",
        "dataplanes.yaml",
        "-p",
        "web-1",
        "tls://www.wikipedia.org:443@203.0.113.10",
      ],
      { cwd: folder },
    );
    expect(why.code, why.stdout).toBe(0);
  });

  test("paths are git's: from the root, or with ./ from here; a file, a folder and the whole tree", async () => {
    const at = (cwd: string, old: string) =>
      sallyport(["diff", old, join(folder, "policies/web.yaml"), "-f", join(folder, "dataplanes.yaml")], { cwd });
    for (const [cwd, old] of [
      [folder, "HEAD:policies/web.yaml"],
      [join(folder, "policies"), "HEAD:policies/web.yaml"],
      [join(folder, "policies"), "main:./web.yaml"],
      [join(folder, "policies"), "HEAD:./"],
    ] as const) {
      const { code, stdout, stderr } = await at(cwd, old);
      expect([code, stderr], `${cwd} ${old}`).toEqual([1, ""]);
      expect(stdout).toContain("newly allowed");
    }
    const whole = await diff("HEAD:", "HEAD:");
    expect([whole.code, whole.stdout]).toEqual([0, "no difference: all 2 proxies keep their egress\n"]);
  });

  test("no difference ends with 0, whatever the rules are called", async () => {
    write("same.yaml", policy(EN_WIKI, HTTPBIN, EN_WIKI.replace("en.wik", "EN.wik")));
    const { code, stdout } = await diff("HEAD:policies", "same.yaml", "-f", "dataplanes.yaml");
    expect([code, stdout]).toEqual([0, "no difference: all 2 proxies keep their egress\n"]);
  });

  test("JSON for programs, Markdown for a pull request", async () => {
    const args = ["HEAD:policies", "policies", "-f", "dataplanes.yaml"];
    const view = JSON.parse((await diff(...args, "-o", "json")).stdout);
    expect(view).toMatchObject({
      differs: true,
      unchanged: 0,
      groups: [{ kind: "changed", proxies: [{ name: "web-1" }, { name: "web-2" }], denied: [] }],
    });
    const markdown = await diff(...args, "-o", "markdown");
    expect(markdown.code).toBe(1);
    expect(markdown.stdout).toContain(
      "| ✅ newly allowed | TLS on port 443 to \\*.wikipedia.org (except en.wikipedia.org) |",
    );
  });

  test("one side from standard input; proxies that come and go", async () => {
    const { code, stdout } = await sallyport(["diff", "-", "policies/web.yaml"], { cwd: folder, input: DATAPLANES });
    expect(code).toBe(1);
    expect(stdout).toContain("removed");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("2 are removed");
  });

  test.each<readonly [string[], number, RegExp]>([
    [["nothere", "policies"], 3, /cannot read `nothere`: no such file/],
    [["HEAD", "policies"], 3, /cannot read `HEAD`: no such file or folder\n {2}help: a git revision comes with a path/],
    [["v9:policies", "policies"], 3, /git knows no revision `v9`/],
    [["HEAD:nothere", "policies"], 3, /no such path in that revision/],
    [["HEAD:policies/web.test.yaml", "policies"], 1, /there is no answer/],
    [["-", "-"], 2, /one side only/],
    [["policies", "policies"], 2, /no Dataplane on either side/],
    [["policies"], 2, /missing required argument/],
  ])("%j ends with %i and says why", async (args, code, said) => {
    const ran = await diff(...args);
    expect(ran.stderr).toMatch(said);
    expect([ran.code, ran.stdout]).toEqual([code, ""]);
  });

  test("an error on either side ends the command: half an answer would look like a whole one", async () => {
    write("faulty.yaml", policy(HTTPBIN.replace("443", "70000")));
    const { code, stdout, stderr } = await diff("faulty.yaml", "policies", "-f", "dataplanes.yaml");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("E101-port-out-of-range");
    expect(stderr).toContain("1 error in `faulty.yaml`: there is no answer before the errors are mended");
  });

  test("all errors of both sides come at once, and what both sides share is said once", async () => {
    write("faulty.yaml", policy(HTTPBIN.replace("443", "70000")));
    write("faulty2.yaml", policy(HTTPBIN.replace("tls", "tsl")));
    write("bare.yaml", DATAPLANES.replace(/ {2}transparentProxying.*\n/g, ""));
    const { code, stdout, stderr } = await diff("faulty.yaml", "faulty2.yaml", "-f", "bare.yaml");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("E101-port-out-of-range");
    expect(stderr).toContain("E105-unknown-value");
    expect(stderr.match(/W305-not-enforced/g)).toHaveLength(2);
    expect(stderr).toContain(
      "1 error, 2 warnings in `faulty.yaml`, 1 error, 2 warnings in `faulty2.yaml`: there is no",
    );
  });

  test("what belongs to both sides may lie in the folder of one", async () => {
    mkdirSync(join(folder, "both"), { recursive: true });
    write("both/dataplanes.yaml", DATAPLANES);
    write("both/web.yaml", policy(WIKI));
    const { code, stdout, stderr } = await diff("policies/web.yaml", "both", "-f", "both/dataplanes.yaml");
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toContain("TLS on port 443 to httpbin.org");
  });

  test("`HEAD:.` is the current folder", async () => {
    const cwd = join(folder, "policies");
    const { code, stdout } = await sallyport(["diff", "HEAD:.", ".", "-f", "../dataplanes.yaml"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain("*.wikipedia.org (except en.wikipedia.org)");
  });

  test("outside a repository git says so", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "sallyport-nogit-"));
    const { code, stderr } = await sallyport(["diff", "HEAD:x", "-"], { cwd: elsewhere, input: "" });
    rmSync(elsewhere, { recursive: true });
    expect(code).toBe(3);
    expect(stderr).toMatch(/not a git repository/);
  });
});
