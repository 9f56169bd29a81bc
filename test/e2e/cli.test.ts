import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT, run, SALLYPORT, sallyport } from "./command.ts";

const UNIVERSAL = join(ROOT, "examples", "quickstart", "universal");
const KUBERNETES = join(ROOT, "examples", "quickstart", "kubernetes");

const FAULTY = `type: MeshPassthrough
mesh: default
name: faulty
spec:
  default:
    passthroughMode: Matched
    appendMatch:
    - type: Domain
      value: httpbin.org
      port: 70000
      protocol: tls
    - type: CIDR
      value: 10.0.0.0/33
      port: 80
      protcol: tcp
      protocol: tcp
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-cli-"));
  writeFileSync(join(folder, "faulty.yaml"), FAULTY);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("check", () => {
  test("every fault in one run, each with place, code and caret; ends with 1", async () => {
    const { code, stdout } = await sallyport(["check"], { cwd: folder });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^faulty\.yaml:10:13: error\[E\d+-[a-z-]+\]: `70000`/m);
    expect(stdout).toMatch(/^faulty\.yaml:13:14: error\[E\d+-[a-z-]+\]: `10\.0\.0\.0\/33`/m);
    expect(stdout).toMatch(/^faulty\.yaml:15:7: warning\[W\d+-unknown-field\]: .*`protcol`/m);
    expect(stdout).toMatch(/port: 70000\n +\^{5}\n/);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^2 errors, 1 warning in 1 file/);
  });

  test("the examples have no fault, in both forms", async () => {
    for (const example of [UNIVERSAL, KUBERNETES]) {
      const { code, stdout } = await sallyport(["check", "-f", example]);
      expect(code, stdout).toBe(0);
    }
  });

  test("paths may stand alone, beside `-f` too", async () => {
    const alone = await sallyport(["check", UNIVERSAL, "faulty.yaml"], { cwd: folder });
    expect(alone).toEqual(await sallyport(["check", "-f", UNIVERSAL, "-f", "faulty.yaml"], { cwd: folder }));
    expect(alone).toEqual(await sallyport(["check", "faulty.yaml", "-f", UNIVERSAL], { cwd: folder }));
    expect(alone.code).toBe(1);
    expect(await sallyport(["effective", UNIVERSAL])).toEqual(await sallyport(["effective", "-f", UNIVERSAL]));
  });

  test("standard input, as JSON for programs", async () => {
    const { code, stdout } = await sallyport(["check", "-f", "-", "-o", "json"], { input: FAULTY });
    const { diagnostics, summary } = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(summary).toEqual({ errors: 2, warnings: 1, files: 1, resources: 0 });
    expect(diagnostics[0]).toMatchObject({ file: "<stdin>", start: { line: 10, column: 13 } });
  });
});

describe("effective", () => {
  test("--impact: nothing is denied by what is in force; --state alone is a fault", async () => {
    const same = await sallyport(["effective", UNIVERSAL, "--impact", UNIVERSAL, "-p", "demo-app", "-o", "json"]);
    expect(same).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(same.stdout)).toMatchObject({ proxy: "demo-app", revocationFrom: "setting", denied: [] });
    expect((await sallyport(["effective", UNIVERSAL, "--state", "/tmp"])).code).toBe(2);
    expect((await sallyport(["effective", UNIVERSAL, "--impact", UNIVERSAL, "--state", "/none"])).code).toBe(3);
  });

  test("--impact: what is to be said of a file that both sides have is said once", async () => {
    const file = join(mkdtempSync(join(folder, "both-")), "both.yaml");
    const proxy = { type: "Dataplane", mesh: "default", name: "web-1" };
    const networking = { address: "10.0.0.1", inbound: [{ port: 80, tags: { "kuma.io/service": "web" } }] };
    const redirected = {
      ...networking,
      transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 },
    };
    const resources = [
      { type: "Mesh", name: "default", unheardOf: 1 },
      { ...proxy, networking: redirected },
    ];
    writeFileSync(file, resources.map((one) => JSON.stringify(one)).join("\n---\n"));
    const { code, stderr } = await sallyport(["effective", file, "--impact", file]);
    expect(code, stderr).toBe(0);
    expect(stderr.match(/unheardOf/g)).toHaveLength(2); // the warning, and its line
  });

  test("mode and rules with their sources, and why other policies do not select the proxy", async () => {
    const { code, stdout } = await sallyport(["effective", "-f", UNIVERSAL, "--proxy", "demo-app", "-o", "json"]);
    const view = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(view.mode).toMatchObject({ value: "Matched", from: "allow-some-passthrough" });
    expect(view.rules[0]).toMatchObject({
      value: "*.cluster-1.kafka.aws.us-east-2.com",
      from: "wildcard-passthrough#0",
    });
    expect(view.rules[1].at).toMatch(/allow-some-passthrough\.yaml:14:7$/);
    const shadow = view.policies.find(({ name }: { name: string }) => name === "enable-passthrough");
    expect(shadow).toMatchObject({ selected: false, because: expect.stringContaining("shadow") });
  });

  test("YAML says what JSON says", async () => {
    const [yaml, json] = await Promise.all(
      ["yaml", "json"].map((form) => sallyport(["effective", "-f", UNIVERSAL, "-o", form])),
    );
    const { parse } = await import("yaml");
    expect(parse(yaml?.stdout ?? "")).toEqual(JSON.parse(json?.stdout ?? ""));
  });

  test("no answer while a file has an error: it would answer another question", async () => {
    const { code, stdout, stderr } = await sallyport(["effective", "-f", UNIVERSAL, "-f", folder]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("faulty.yaml:10:13");
  });
});

describe("why", () => {
  const why = (...args: string[]) => sallyport(["why", "-f", UNIVERSAL, ...args]);

  test("0 for allow with the rule, 1 for deny with what comes nearest", async () => {
    const allowed = await why("tls://httpbin.org:443@203.0.113.10");
    expect(allowed).toMatchObject({ code: 0, stderr: "" });
    expect(allowed.stdout).toContain("allow-some-passthrough#0");
    const denied = await why("tls://httpbin.org:8443@203.0.113.10", "-o", "json");
    expect(denied.code).toBe(1);
    const { verdict, reasons } = JSON.parse(denied.stdout);
    expect({ verdict, kind: reasons[0].kind }).toEqual({ verdict: "deny", kind: "no rule admits" });
    expect(reasons[0].nearest[0]).toMatchObject({ rule: "allow-some-passthrough#0", differs: ["port"] });
  });

  test("an address that decides, and is not known, is not an allow", async () => {
    const { code, stdout } = await why("tls://artifacts.example:8888", "-o", "json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "depends", addressMatters: true });
  });

  test("both forms of the example give the same verdicts", async () => {
    for (const connection of ["tls://www.wikipedia.org:443@203.0.113.20", "http://evil.example:80@198.51.100.66"]) {
      const kubernetes = await sallyport(["why", "-f", KUBERNETES, connection]);
      expect(kubernetes.code).toBe((await why(connection)).code);
    }
  });

  test("what is no connection is a matter of usage, with what to write", async () => {
    const { code, stderr } = await why("https://httpbin.org");
    expect(code).toBe(2);
    expect(stderr).toBe(
      "error: `https://httpbin.org` is no connection\n  help: write `tls://httpbin.org`: what the sidecar sees is TLS\n",
    );
  });
});

describe("compile", () => {
  test("several Dataplanes and no --proxy: an error that lists them", async () => {
    const other = {
      type: "Dataplane",
      mesh: "default",
      name: "web-1",
      networking: { address: "10.0.0.2", inbound: [{ port: 80, tags: { "kuma.io/service": "web" } }] },
    };
    const { code, stderr } = await sallyport(["compile", "-f", UNIVERSAL, "-f", "-", "--target", "envoy"], {
      input: JSON.stringify(other),
    });
    expect(code).toBe(2);
    expect(stderr).toContain("demo-app (mesh default), web-1 (mesh default)");
    expect(stderr).toContain("--proxy");
  });

  test("canonical protobuf JSON; equal bytes each time", async () => {
    const compile = () => sallyport(["compile", "-f", UNIVERSAL, "--proxy", "demo-app", "--target", "envoy"]);
    const [first, second] = [await compile(), await compile()];
    expect(first.code, first.stderr).toBe(0);
    expect(second.stdout).toBe(first.stdout);
    const { listeners, routes, clusters } = JSON.parse(first.stdout);
    expect(listeners.map(({ name }: { name: string }) => name)).toEqual(["mp:out", "mp:raw"]);
    expect(routes).toHaveLength(1);
    expect(clusters).toHaveLength(16);
  });

  test("a bootstrap is complete in itself, and --no-raw leaves one listener", async () => {
    const { stdout } = await sallyport(["compile", "-f", UNIVERSAL, "-t", "envoy", "-o", "bootstrap", "--no-raw"]);
    const bootstrap = JSON.parse(stdout);
    expect(bootstrap.staticResources.listeners).toHaveLength(1);
    expect(bootstrap.dynamicResources).toBeUndefined();
  });
});

describe("usage", () => {
  test.each([
    [["chek"], "error: unknown command `chek`\n  help: did you mean `check`?\n"],
    [["check", "--fil", "x"], "error: unknown option `--fil`\n  help: did you mean `--file`?\n"],
    [["schema", "json", "extra"], /^error: too many arguments/],
    [["check", "-o", "xml"], /^error: option `-o, --output <form>` argument `xml` is invalid/],
    [["compile", "-f", "x.yaml"], /^error: required option `-t, --target <target>` not specified/],
    [
      ["effective", "-f", UNIVERSAL, "--proxy", "demo-ap"],
      /^error: no such Dataplane: `demo-ap`\n {2}help: did you mean `demo-app`\?/,
    ],
    [
      ["effective", "-f", UNIVERSAL, "--proxy", "other"],
      /^error: no such Dataplane: `other`\n {2}help: there is demo-app/,
    ],
    [["effective", "-f", KUBERNETES, "--proxy", "demo-app"], /help: did you mean `demo-app\.kuma-demo`\?/],
  ])("%j ends with 2 and says what to do", async (args, expected) => {
    const { code, stdout, stderr } = await sallyport(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    if (typeof expected === "string") expect(stderr).toBe(expected);
    else expect(stderr).toMatch(expected);
  });

  test("what is typed reaches the terminal as text only", async () => {
    const { code, stderr } = await sallyport(["check", "\u001b[31m\nx.yaml"]);
    expect([code, stderr]).toEqual([3, "error: cannot read `\\u{1b}[31m\\u{a}x.yaml`: no such file or folder\n"]);
    expect((await sallyport(["check", "--\u001b[31m"])).stderr).toMatch(/^error: unknown option `--\\u\{1b\}\[31m`/);
  });

  test("what cannot be read ends with 3", async () => {
    const { code, stderr } = await sallyport(["check", "-f", "nowhere.yaml"]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: "error: cannot read `nowhere.yaml`: no such file or folder\n",
    });
  });

  test("what cannot be read hides no fault of another file", async () => {
    writeFileSync(join(folder, "latin1.yaml"), Uint8Array.of(0x61, 0xe9));
    const { code, stdout, stderr } = await sallyport(["check", "latin1.yaml", "faulty.yaml"], { cwd: folder });
    expect(code).toBe(3);
    expect(stdout).toMatch(/^faulty\.yaml:\d+:\d+: error/);
    expect(stderr).toBe("error: cannot read `latin1.yaml`: not UTF-8 text\n  help: save the file as UTF-8\n");
  });

  test("`--version` after a command is the command's, before it the program's", async () => {
    const path = await sallyport(["envoy", "path", "--version", "0.0.0"]);
    expect(path).toMatchObject({ code: 3, stdout: "" });
    expect(path.stderr).toContain("Envoy 0.0.0 is not installed");
    expect((await sallyport(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("help goes to standard output and ends with 0; without a command to standard error, with 2", async () => {
    const help = await sallyport(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("check");
    expect(await sallyport([])).toMatchObject({ code: 2, stdout: "" });
  });

  test("a reader that goes away is no fault, and changes no exit code", async () => {
    const { code, stderr } = await run(
      "bash",
      ["-c", `${SALLYPORT} check -f faulty.yaml | true; echo "$PIPESTATUS" >&2`],
      { cwd: folder },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "1\n" });
  });
});

describe("launcher", () => {
  test("what cannot be written is no answer", async () => {
    const { code, stderr } = await run("sh", ["-c", '"$0" schema json > /dev/full', SALLYPORT]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: cannot write: [^\n]*\n$/);
  });

  test("help for a command that there is not says so", async () => {
    expect(await sallyport(["help", "chek"])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("`check`"),
    });
    expect((await sallyport(["help", "why"])).stdout).toContain("Usage: sallyport why");
  });

  test("started through links, from elsewhere, with an empty PATH but for the system's", async () => {
    symlinkSync(SALLYPORT, join(folder, "first"));
    symlinkSync("first", join(folder, "second"));
    const { code, stdout } = await run(join(folder, "second"), ["--version"], {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
