import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sallyport } from "./command.ts";

const policy = (...rules: string[]): string => `type: MeshPassthrough
mesh: default
name: allow
spec:
  default:
    passthroughMode: Matched
    appendMatch:
${rules.map((rule) => `    - ${rule}\n`).join("")}`;

/** Files by what they hold: at which levels each is accepted. */
const FILES: Readonly<Record<string, { readonly text: string; readonly accepted: readonly string[] }>> = {
  "plain.yaml": {
    text: policy("{type: Domain, value: a.example, port: 443, protocol: tls}"),
    accepted: ["documented", "kuma-2.9", "extended"],
  },
  "tls-then-http.yaml": {
    text: policy(
      "{type: Domain, value: a.example, port: 443, protocol: tls}",
      "{type: Domain, value: b.example, port: 443, protocol: http}",
    ),
    accepted: ["documented", "extended"],
  },
  "odd-wildcard.yaml": {
    text: policy("{type: Domain, value: '*.a b', port: 443, protocol: tls}"),
    accepted: ["kuma-2.9"],
  },
  "http-and-grpc.yaml": {
    text: policy(
      "{type: Domain, value: a.example, port: 80, protocol: http}",
      "{type: Domain, value: b.example, port: 80, protocol: grpc}",
    ),
    accepted: ["extended"],
  },
  "wildcard-any-port.yaml": {
    text: policy("{type: Domain, value: '*.example', protocol: http}"),
    accepted: ["extended"],
  },
  "bad-port.yaml": { text: policy("{type: Domain, value: a.example, port: 0, protocol: tls}"), accepted: [] },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-levels-"));
  for (const [name, { text }] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const check = (...args: string[]) => sallyport(["check", ...args], { cwd: folder });

test.each(Object.entries(FILES))("%s is accepted where it should be", async (name, { accepted }) => {
  for (const level of ["documented", "kuma-2.9", "extended"]) {
    const { code, stdout } = await check("-f", name, "--compatibility", level);
    expect({ level, code }, stdout).toEqual({ level, code: accepted.includes(level) ? 0 : 1 });
  }
});

test("the default is the documented level, and says where the extended one would accept", async () => {
  for (const name of ["http-and-grpc.yaml", "wildcard-any-port.yaml"]) {
    const { code, stdout } = await check("-f", name);
    expect(code).toBe(1);
    expect(stdout).toContain("the level `extended` accepts");
  }
  expect((await check("-f", "bad-port.yaml")).stdout).not.toContain("extended");
});

test("kuma-json: each document with Kuma's violations in its order and words", async () => {
  const { code, stdout } = await check("--compatibility", "kuma-2.9", "-o", "kuma-json");
  expect(code).toBe(1);
  const documents = JSON.parse(stdout);
  expect(documents).toHaveLength(Object.keys(FILES).length);
  expect(documents.find(({ file }: { file: string }) => file === "tls-then-http.yaml")).toEqual({
    file: "tls-then-http.yaml",
    line: 1,
    resource: "MeshPassthrough/default/allow",
    valid: false,
    violations: [
      {
        field: "spec.default.appendMatch[1].port",
        message:
          "using the same port in multiple matches requires the same protocol for the following protocols: [grpc http http2]",
      },
    ],
  });
  expect(documents.find(({ file }: { file: string }) => file === "odd-wildcard.yaml")).toMatchObject({
    valid: true,
    violations: [],
  });
});

test("kuma-json: a text without a document is not passed over", async () => {
  const args = ["check", "-f", "-", "--compatibility", "kuma-2.9", "-o", "kuma-json"];
  const { code, stdout, stderr } = await sallyport(args, { input: "a: [1\n" });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "[]\n" });
  expect(stderr).toContain("error[E001-syntax]");
});

test("kuma-json is for the level of Kuma only", async () => {
  expect(await check("-o", "kuma-json")).toMatchObject({
    code: 2,
    stderr: "error: `-o kuma-json` is for the level `kuma-2.9`\n  help: add `--compatibility kuma-2.9`\n",
  });
});
