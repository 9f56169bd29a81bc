import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ROOT, sallyport } from "./command.ts";

const UNIVERSAL = join(ROOT, "examples", "quickstart", "universal");
const POLICY = `# Who may go where.
type: MeshPassthrough
mesh: default
name: shop
labels: { expires: "2001-01-01" }
spec:
  default:
    passthroughMode: Matched
    appendMatch:
    # the encyclopedia
    - type: Domain
      value: en.wikipedia.org
      protocol: tls
      port: 443
    - { type: Domain, value: '*.wikipedia.org', protocol: tls, port: 443 } # all of it
`;
const MENDED = POLICY.replace(/ {4}- type: Domain\n(?: {6}.*\n){3}/, "");
const FAULTY = POLICY.replace("port: 443\n", "port: 70000\n");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-lint-"));
  writeFileSync(join(folder, "shop.yaml"), POLICY);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const lint = (...args: readonly string[]) => sallyport(["lint", ...args], { cwd: folder });

describe("lint", () => {
  test("findings with place and caret; they alone are fine, unless warnings are denied", async () => {
    const { code, stdout } = await lint();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^shop\.yaml:5:20: warning\[L411-expired\]: .*2001-01-01/m);
    expect(stdout).toMatch(
      /^shop\.yaml:11:7: warning\[L401-rule-without-effect\]: .*\n {8}- type: Domain\n {10}\^+\n {2}help: /m,
    );
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("2 warnings in 1 file, 1 resource");
    expect((await lint("--deny", "warnings")).code).toBe(1);
  });

  test("what is off is looked for when asked for, what is on is left out when told to", async () => {
    const { stdout } = await lint(
      "--enable",
      "L412-no-owner",
      "--disable",
      "L411-expired",
      "--disable",
      "L401-rule-without-effect",
      "-o",
      "json",
    );
    const { diagnostics, summary } = JSON.parse(stdout);
    expect(diagnostics.map(({ code }: { code: string }) => code)).toEqual(["L412-no-owner"]);
    expect(summary).toEqual({ errors: 0, warnings: 1, files: 1, resources: 1 });
  });

  test("a code that is none is a usage error that guesses", async () => {
    const { code, stderr } = await lint("--enable", "L412-no-owners");
    expect(code).toBe(2);
    expect(stderr).toContain("`L412-no-owner`");
  });

  test("the number of a code is enough", async () => {
    const { stdout } = await lint("--enable", "L412", "--disable", "L411", "--disable", "L401", "-o", "json");
    expect(JSON.parse(stdout).diagnostics.map(({ code }: { code: string }) => code)).toEqual(["L412-no-owner"]);
  });

  test("errors are all that is said of faulty files", async () => {
    writeFileSync(join(folder, "shop.yaml"), FAULTY);
    const { code, stdout } = await lint("--fix");
    expect(code).toBe(1);
    expect(stdout).toMatch(/error\[E101-port-out-of-range\]/);
    expect(stdout).not.toMatch(/\[L/);
    expect(readFileSync(join(folder, "shop.yaml"), "utf8")).toBe(FAULTY);
  });

  test("--fix takes the rule out of the file and nothing else, and says what is left", async () => {
    const { code, stdout, stderr } = await lint("--fix");
    expect(code).toBe(0);
    expect(stderr).toBe("shop.yaml: took out 1 rule without effect\n");
    expect(stdout).not.toContain("L401");
    expect(stdout).toContain("1 warning in 1 file, 1 resource");
    expect(readFileSync(join(folder, "shop.yaml"), "utf8")).toBe(MENDED);
    expect((await lint("--fix")).stderr).toBe("");
  });

  test("--fix cannot mend standard input", async () => {
    const { code, stderr } = await sallyport(["lint", "-f", "-", "--fix"], { input: POLICY });
    expect(code).toBe(2);
    expect(stderr).toContain("standard input");
  });

  test("a comment with a reason allows what it stands above", async () => {
    const allowed = POLICY.replace(
      "    - type",
      "    # sallyport: allow L401-rule-without-effect named for readers\n    - type",
    );
    writeFileSync(join(folder, "shop.yaml"), allowed);
    expect((await lint()).stdout).not.toContain("L401");
    expect((await lint("--fix")).stderr).toBe("");
  });

  test("the examples have nothing but what their documentation writes: plaintext to httpbin.dev", async () => {
    const { stdout } = await sallyport(["lint", "-f", UNIVERSAL, "-o", "json"]);
    const { diagnostics } = JSON.parse(stdout);
    expect(diagnostics.map(({ code, path }: { code: string; path: string }) => `${code} ${path}`)).toEqual([
      "L409-plaintext-to-internet spec.default.appendMatch[4].protocol",
    ]);
  });
});

describe.each(["lint", "check"])("%s for other programs", (command) => {
  const text = command === "lint" ? POLICY : FAULTY;
  const first = command === "lint" ? "L411-expired" : "E101-port-out-of-range";

  test("SARIF", async () => {
    writeFileSync(join(folder, "shop.yaml"), text);
    const { stdout } = await sallyport([command, "-o", "sarif"], { cwd: folder });
    const { version, runs } = JSON.parse(stdout);
    expect(version).toBe("2.1.0");
    expect(runs[0].results[0]).toMatchObject({
      ruleId: first,
      locations: [{ physicalLocation: { artifactLocation: { uri: "shop.yaml" } } }],
    });
    for (const { ruleId, ruleIndex } of runs[0].results) expect(runs[0].tool.driver.rules[ruleIndex].id).toBe(ruleId);
  });

  test("JUnit", async () => {
    writeFileSync(join(folder, "shop.yaml"), text);
    const denied = command === "lint" ? ["--deny", "warnings"] : [];
    const { stdout } = await sallyport([command, "-o", "junit", ...denied], { cwd: folder });
    expect(stdout).toContain(`<testsuites name="sallyport ${command}"`);
    expect(stdout).toContain(`<failure type="${first}"`);
  });
});
