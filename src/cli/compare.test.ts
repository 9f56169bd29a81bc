import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MEANING } from "../compare/index.ts";
import { run } from "./program.ts";
import { stylesFor, type Terminal } from "./terminal.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sallyport-compare-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const WORLD = [
  { type: "Mesh", name: "default" },
  {
    type: "Dataplane",
    mesh: "default",
    name: "web-1",
    networking: {
      address: "10.0.0.1",
      inbound: [{ port: 8080, tags: { "kuma.io/service": "web" } }],
      transparentProxying: { redirectPortInbound: 15_006, redirectPortOutbound: 15_001 },
    },
  },
];

const policy = (name: string, ...appendMatch: readonly object[]) => ({
  type: "MeshPassthrough",
  mesh: "default",
  name,
  spec: { targetRef: { kind: "Mesh" }, default: { passthroughMode: "Matched", appendMatch } },
});

/** A file with the world and these policies. */
function worldWith(...policies: readonly object[]): string {
  const file = join(folder, "policies.yaml");
  writeFileSync(file, [...WORLD, ...policies].map((one) => JSON.stringify(one)).join("\n---\n"));
  return file;
}

async function sallyport(args: readonly string[], file: string) {
  const output = { out: "", err: "" };
  const terminal: Terminal = {
    out: (text) => {
      output.out += text;
    },
    err: (text) => {
      output.err += text;
    },
    outStyles: stylesFor(false),
    errStyles: stylesFor(false),
    columns: undefined,
    cwd: folder,
    readStdin: () => Promise.resolve(new Uint8Array()),
    stopSignal: () => new AbortController().signal,
  };
  const code = await run([...args, "-f", file], terminal);
  return { code, ...output };
}

const TCP = { type: "IP", value: "203.0.113.7", port: 443, protocol: "tcp" };
const TLS = { type: "Domain", value: "httpbin.org", port: 443, protocol: "tls" };

test("compare says which connections differ, by which difference, and ends with 1", async () => {
  const { code, out } = await sallyport(["compare", "kuma-2.9"], worldWith(policy("p", TCP)));
  expect(code).toBe(1);
  expect(out).toContain("allowed by the documentation, not by Kuma 2.9");
  expect(out).toContain("D17  TLS on port 443 to 203.0.113.7");
  expect(out).toContain("such as tls://");
});

test("compare ends with 0 where nothing differs", async () => {
  const { code, out } = await sallyport(["compare", "kuma-2.9"], worldWith(policy("p", TLS)));
  expect([code, out]).toEqual([0, expect.stringContaining("no difference")]);
});

test("proxies that differ in the same way are one group, under the title that diff gives them", async () => {
  const other = { ...WORLD[1], name: "web-2" };
  const { out } = await sallyport(["compare", "kuma-2.9"], worldWith(policy("p", TCP), other));
  expect(out.split("\n")[0]).toBe("web-1, web-2 (mesh default)");
});

test("compare names the rules that freeze a proxy, and `compile` says why there is nothing to print", async () => {
  const policies = [
    policy("a", { type: "Domain", value: "a.test", port: 80, protocol: "http" }),
    policy("b", { type: "Domain", value: "b.test", port: 80, protocol: "grpc" }),
  ];
  const { code, out } = await sallyport(["compare", "kuma-2.9", "-o", "json"], worldWith(...policies));
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject([
    { state: "frozen", refusals: [{ because: "D4", rules: [{ rule: "b#0" }, { rule: "a#0" }] }] },
  ]);
  const compiled = await sallyport(["compile", "--target", "classic"], worldWith(...policies));
  expect([compiled.code, compiled.out]).toEqual([1, ""]);
  expect(compiled.err).toContain("you cannot configure http, http2, grpc on the same port 80");
});

test("compile for classic prints Kuma's resources, and refuses what is not for it", async () => {
  const { code, out } = await sallyport(["compile", "--target", "classic"], worldWith(policy("p", TLS)));
  expect(code).toBe(0);
  const { listeners, routes, clusters } = JSON.parse(out);
  expect(listeners.map(({ name }: { name: string }) => name)).toContain("outbound:passthrough:ipv6");
  expect(clusters.map(({ name }: { name: string }) => name)).toContain("meshpassthrough_tls_httpbin.org_443");
  expect(routes).toEqual([]);
  for (const option of [["--no-raw"], ["--mark", "1337"], ["-o", "bootstrap"]])
    expect((await sallyport(["compile", "--target", "classic", ...option], worldWith(policy("p", TLS)))).code).toBe(2);
});

test("compare knows no other implementation", async () => {
  const { code, err } = await sallyport(["compare", "kuma-1.0"], worldWith(policy("p", TLS)));
  expect([code, err]).toEqual([2, expect.stringContaining("kuma-2.9")]);
});

const PAGE = new URL("../../docs/reference/compare.md", import.meta.url);

test("docs/reference/compare.md lists every difference, and its example prints what stands under it", async () => {
  const page = readFileSync(PAGE, "utf8");
  for (const [id, means] of Object.entries(MEANING)) expect(page).toContain(`| \`${id}\` | ${means} |`);
  const [, yaml = "", text] = /```yaml\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/.exec(page) ?? [];
  const file = join(folder, "example.yaml");
  writeFileSync(file, yaml);
  const { code, out } = await sallyport(["compare", "kuma-2.9"], file);
  expect(code).toBe(1);
  if (process.env.UPDATE_GOLDEN === "1")
    writeFileSync(
      PAGE,
      page.replace(/```text\n[\s\S]*?```/, () => `\`\`\`text\n${out}\`\`\``),
    );
  else expect(out).toBe(text);
});
