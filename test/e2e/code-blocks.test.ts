/** No block of code in a document goes untried: each has a test, and the examples of the commands run here. */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../../src/cli/program.ts";
import { stylesFor } from "../../src/cli/terminal.ts";
import * as library from "../../src/index.ts";
import { ROOT, run } from "./command.ts";

const read = (document: string): string => readFileSync(join(ROOT, document), "utf8");

/** Which test tries the blocks of a document that are in these languages; the test names the document or its folder. */
const TRIED: readonly (readonly [documents: RegExp, languages: readonly string[], test: string])[] = [
  [/^README\.md$/, ["sh", "text"], "test/e2e/readme.test.ts"],
  [/^README\.md$/, ["bash", "ts"], "test/e2e/code-blocks.test.ts"],
  [/^docs\/guides\//, ["sh", "text"], "test/e2e/readme.test.ts"],
  [/^docs\/guides\/unused-rules\.md$/, ["console"], "test/e2e/hits.test.ts"],
  [/^docs\/reference\/(envoy-scale|mutation-testing|soak)\.md$/, ["bash"], "test/e2e/code-blocks.test.ts"],
  [
    /^docs\/reference\/(compatibility|convert|diff|fmt|schema|why)\.md$/,
    ["bash", "json", "text", "yaml"],
    "test/e2e/tool-pages.test.ts",
  ],
  [/^docs\/reference\/lints\//, ["text", "yaml"], "test/architecture/lint-docs.test.ts"],
  [/^docs\/reference\/diagnostics\.md$/, ["text", "yaml"], "test/architecture/diagnostics-docs.test.ts"],
  [/^docs\/reference\/library\.md$/, ["text", "ts"], "test/architecture/library-page.ts"],
  [/^docs\/reference\/assertions\.md$/, ["yaml"], "test/architecture/assertions-docs.test.ts"],
  [/^docs\/reference\/compare\.md$/, ["text", "yaml"], "src/cli/compare.test.ts"],
  [/^docs\/reference\/api\.md$/, ["json"], "src/control-plane/api/server.test.ts"],
  [/^docs\/reference\/cli\.md$/, ["bash"], "test/e2e/code-blocks.test.ts"],
];

const documents = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

test.each(documents)("%s: every block says what it is in, and a test tries it", (document) => {
  const opening = [...read(document).matchAll(/^ *```(.*)\n[\s\S]*?^ *```$/gm)].map(([, language = ""]) => language);
  const untried = opening.filter((opened) => {
    const [language = ""] = opened.split(" ");
    return !TRIED.some(([which, languages]) => which.test(document) && languages.includes(language));
  });
  expect(untried).toEqual([]);
});

test("the tests that try blocks are there, and name what they try", () => {
  for (const [documents, , file] of TRIED) {
    const name = documents.source.replaceAll("\\", "").replace(/[$^]/g, "");
    const [first = ""] = name
      .replace(/^.*\((\w+).*$/, "$1")
      .split("/")
      .filter((part) => part !== "")
      .slice(-1);
    expect(read(file), file).toContain(first);
  }
});

test.each([
  "README.md",
  "docs/reference/envoy-scale.md",
  "docs/reference/mutation-testing.md",
  "docs/reference/soak.md",
])("%s: what npm is asked to do is a script", (document) => {
  const [block = ""] = /^```bash\n[\s\S]*?^```/m.exec(read(document)) ?? [];
  const { scripts } = JSON.parse(read("package.json"));
  const asked = [...block.matchAll(/^npm (?:run )?(\w+)/gm)].map(([, script]) => script);
  expect(asked.length).toBeGreaterThan(1);
  for (const script of asked) expect(Object.keys(scripts)).toContain(script);
});

test("README.md: what is imported is exported", () => {
  const [, names = ""] = /^```ts\nimport \{ (.*) \} from "sallyport";\n```$/m.exec(read("README.md")) ?? [];
  expect(names).not.toBe("");
  for (const name of names.split(", ")) expect(Object.keys(library)).toContain(name);
});

/** They stay up, need root, a network or a sidecar, or change this host: their lines are parsed and no more. */
const NOT_RUN = /^sallyport (?:(?:control-plane|sidecar|redirect|envoy|quickstart|hits|denied)\b|effective .*--state)/;

const examples = [...read("docs/reference/cli.md").matchAll(/^```bash\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) =>
  block.split("\n").filter((line) => line !== "" && !line.startsWith("#")),
);

const MESH = "type: Mesh\nname: default\n";
const WEB = `type: Dataplane
mesh: default
name: web-1
networking:
  address: 10.0.0.1
  inbound:
  - {port: 8080, tags: {kuma.io/service: web}}
  transparentProxying: {redirectPortOutbound: 15001, redirectPortInbound: 15006}
`;
const policy = (port: number): string => `type: MeshPassthrough
mesh: default
name: allow-some
spec:
  default:
    passthroughMode: Matched
    appendMatch:
    - {type: Domain, value: httpbin.org, port: ${port}, protocol: tls}
    - {type: Domain, value: httpbin.org, port: 8443, protocol: tls}
`;
const CASES = "proxy: {mesh: default, name: web-1}\ncases:\n- connection: tls://httpbin.org\n  want: allow\n";
/** Gives what a cluster has, and takes what is applied. */
const KUBECTL = `#!/bin/sh
if [ "$1" = get ]; then cat "$WORLD/list.json"; else cat > /dev/null; fi
`;
const LIST = {
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "kuma.io/v1alpha1",
      kind: "MeshPassthrough",
      metadata: { name: "a", namespace: "kuma-system", labels: { "kuma.io/mesh": "default" } },
      spec: { default: { passthroughMode: "None" } },
    },
  ],
};

describe("docs/reference/cli.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-examples-"));
  const bin = join(folder, "bin");
  let count = 0;
  beforeAll(() => {
    const world = join(folder, "world");
    for (const name of ["policies", "dataplanes", "old", "new", "proposed", "tests"])
      mkdirSync(join(world, name), { recursive: true });
    mkdirSync(bin);
    const files = {
      "mesh.yaml": MESH,
      "policy.yaml": policy(443).replace("allow-some", "other"),
      "policies/web.yaml": WEB,
      "policies/policy.yaml": policy(443),
      "dataplanes/web.yaml": WEB.replace("web-1", "web-2"),
      "old/all.yaml": `${WEB}---\n${policy(443)}`,
      "new/all.yaml": `${WEB}---\n${policy(444)}`,
      "proposed/all.yaml": `${WEB}---\n${policy(446)}`,
      "tests/web.test.yaml": CASES,
    };
    // What `check`, `test` and others find below the current folder must be one sound set.
    for (const [name, text] of Object.entries(files)) writeFileSync(join(world, name), text);
    writeFileSync(join(folder, "list.json"), JSON.stringify(LIST));
    writeFileSync(join(bin, "kubectl"), KUBECTL);
    chmodSync(join(bin, "kubectl"), 0o755);
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.test", ...args], { cwd: world, stdio: "pipe" });
    git("init", "--quiet", "--initial-branch=main");
    git("add", ".");
    git("commit", "--quiet", "-m", "one");
    writeFileSync(join(world, "policies/policy.yaml"), policy(445));
    git("commit", "--quiet", "-am", "two");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(examples.filter((line) => !NOT_RUN.test(line)))("%s", async (line) => {
    const cwd = join(folder, `run-${count++}`);
    cpSync(join(folder, "world"), cwd, { recursive: true });
    // Both sides hold the same names, and are no set with the rest.
    for (const name of ["old", "new", "proposed"])
      if (!line.includes(`${name}/`)) rmSync(join(cwd, name), { recursive: true });
    const env = { PATH: [bin, join(ROOT, "bin"), process.env.PATH].join(delimiter), WORLD: folder };
    const { code, stdout, stderr } = await run("bash", ["-euo", "pipefail", "-c", line], { cwd, env });
    // 1 is an answer too: a denial, a difference, a finding.
    expect([0, 1], `${stdout}${stderr}`).toContain(code);
    expect(stderr).not.toMatch(/^error: /m);
  });

  test.each(examples.filter((line) => NOT_RUN.test(line)))("%s: is understood", async (line) => {
    const said: string[] = [];
    const note = (text: string): void => void said.push(text);
    const terminal = {
      out: note,
      err: note,
      outStyles: stylesFor(false),
      errStyles: stylesFor(false),
      columns: undefined,
      cwd: folder,
      readStdin: async () => new Uint8Array(),
      stopSignal: () => new AbortController().signal,
    };
    const program = buildProgram({ terminal, finish: () => undefined });
    let ran = 0;
    const all = [...program.commands, ...program.commands.flatMap(({ commands }) => [...commands])];
    for (const one of all) if (one.commands.length === 0) one.action(() => void ran++);
    await program.parseAsync(line.split(/\s+/).slice(1), { from: "user" });
    expect(ran, said.join("")).toBe(1);
  });

  test("there are examples of both kinds", () => {
    expect(examples.filter((line) => NOT_RUN.test(line)).length).toBeGreaterThan(10);
    expect(examples.filter((line) => !NOT_RUN.test(line)).length).toBeGreaterThan(25);
  });
});
