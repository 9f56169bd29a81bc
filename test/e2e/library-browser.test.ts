/** The library where its users' pages run it: in Chromium, from a server on loopback, against the same calls in Node. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatConnection } from "../../src/policy/model/index.ts";
import { logged, pageBlocks, pageScript } from "../architecture/library-page.ts";
import { loadCases } from "../engines/cases.ts";
import { describeReal } from "../engines/requirements.ts";
import { ROOT } from "./command.ts";
import { type Answers, answers, type World } from "./library-answers.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const A_PUBLIC_SUFFIX = "amazonaws";
const missing = existsSync(CHROMIUM) ? undefined : `no browser at \`${CHROMIUM}\`: apt-get install chromium`;

const FOR_BROWSERS: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: "browser",
  target: "es2024",
  write: false,
  metafile: true,
  logLevel: "silent",
};

/** A script for a page, which has what `contents` exports as `page`. */
const bundle = async (contents: string): Promise<string> => {
  const stdin = { contents, resolveDir: ROOT, loader: "ts" } as const;
  const { outputFiles } = await build({ ...FOR_BROWSERS, format: "iife", globalName: "page", stdin });
  return outputFiles?.[0]?.text ?? "";
};

/** The cases with their resources, and the quickstart with connections that name no address. */
function worlds(): { readonly world: World; readonly wanted: readonly (string | undefined)[] }[] {
  const ofCases = loadCases().files.map(({ name, resources, proxy, cases }) => ({
    world: {
      file: `${name}.yaml`,
      text: resources,
      proxy: { mesh: proxy.dataplane.meta.mesh, name: proxy.dataplane.meta.name },
      connections: cases.map(({ connection }) => formatConnection(connection)),
    },
    wanted: cases.map(({ want }) => want),
  }));
  const examples = join(ROOT, "examples", "quickstart", "universal");
  const files = ["mesh", "demo-app", "allow-some-passthrough", "disable-passthrough", "wildcard-passthrough"];
  const text = files.map((name) => readFileSync(join(examples, `${name}.yaml`), "utf8")).join("\n---\n");
  const names = [
    "httpbin.org",
    "httpbin.dev",
    "www.wikipedia.org",
    "x.cluster-1.kafka.aws.us-east-2.com",
    "bücher.example",
  ];
  const connections = [
    ...names.flatMap((name) => ["tls", "http", "grpc"].map((s) => `${s}://${name}`)),
    "opaque://10.240.15.39:80",
  ];
  const proxy = { mesh: "default", name: "demo-app" };
  return [...ofCases, { world: { file: "quickstart.yaml", text, proxy, connections }, wanted: [] }];
}

test("a bundle for browsers fails where anything imports Node", async () => {
  await expect(bundle('import { readFileSync } from "node:fs"; export const x = readFileSync;')).rejects.toThrow(
    "node:fs",
  );
  expect(await bundle('export * from "./src/index.ts";')).not.toContain('"node:');
});

test("who imports `decide` alone gets neither the YAML parser nor the tables of names, and only `lint` brings public suffixes", async () => {
  execFileSync(process.execPath, [join(ROOT, "scripts", "build.mjs"), "--if-stale", "--quiet"], { stdio: "inherit" });
  const sizeOf = async (name: string) => {
    const contents = `import { ${name} } from "sallyport"; globalThis.used = ${name};`;
    const { outputFiles } = await build({
      ...FOR_BROWSERS,
      minify: true,
      format: "esm",
      stdin: { contents, resolveDir: ROOT },
    });
    return outputFiles?.[0]?.text ?? "";
  };
  const [alone, all, lint] = [await sizeOf("decide"), await sizeOf("check"), await sizeOf("lint")];
  // What marks them, and is in the bundle that does need them: the name of a YAML token, and of an option of tr46.
  for (const mark of ["block-map", "verifyDNSLength"]) {
    expect(all).toContain(mark);
    expect(alone).not.toContain(mark);
  }
  expect(alone.length).toBeLessThan(10_000);
  expect([alone, all, lint].map((bundle) => bundle.includes(A_PUBLIC_SUFFIX))).toEqual([false, false, true]);
});

describeReal("the library in Chromium", missing, () => {
  const profile = mkdtempSync(join(tmpdir(), "sallyport-chromium-"));
  const asked: string[] = [];
  const errors: string[] = [];
  let scripts: Readonly<Record<string, string>> = {};
  let server: Server;
  let context: BrowserContext;
  let origin = "";

  beforeAll(async () => {
    scripts = {
      "/answers.js": await bundle('export { answers } from "./test/e2e/library-answers.ts";'),
      "/document.js": `const printed = []; const print = (block, ...values) => printed.push([block, values]);\n${await pageScript()}`,
    };
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", origin);
      const body = pathname.startsWith("/dist/") ? readDist(pathname) : scripts[pathname];
      const type = pathname.endsWith("js") ? "text/javascript" : "text/html";
      response.writeHead(body === undefined && type !== "text/html" ? 404 : 200, { "content-type": type });
      response.end(body ?? "<!doctype html><title>library</title>");
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    context = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args: FLAGS });
    context.on("request", (request) => asked.push(request.url()));
  });
  afterAll(async () => {
    await context?.close();
    server?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  async function open(...files: readonly string[]): Promise<Page> {
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(`${origin}/`);
    for (const url of files) await page.addScriptTag({ url });
    return page;
  }

  test("says of every connection of the cases and of the quickstart what Node says", async () => {
    const all = worlds();
    const page = await open("/answers.js");
    const argument = JSON.stringify(all.map(({ world }) => world));
    const inBrowser: Answers[] = await page.evaluate(`page.answers(${argument})`);
    expect(inBrowser).toEqual(answers(all.map(({ world }) => world)));
    expect(inBrowser.flatMap(({ verdicts }) => verdicts).length).toBeGreaterThan(100);
    for (const [i, { world, wanted }] of all.entries())
      for (const [n, want] of wanted.entries())
        expect(inBrowser[i]?.verdicts[n]?.kind, `${world.file}: ${world.connections[n]}`).toBe(want);
    expect(inBrowser.at(-1)?.verdicts.map(({ kind }) => kind)).toContain("not-a-connection");
  });

  test("prints what its page of documentation says", async () => {
    const page = await open("/document.js");
    const printed: [number, unknown[]][] = await page.evaluate("printed");
    const texts = pageBlocks().map((_, i) =>
      printed
        .filter(([block]) => block === i)
        .map(([, values]) => logged(values))
        .join(""),
    );
    expect(texts).toEqual(pageBlocks().map(({ prints }) => prints));
  });

  test("is imported as it is built, without a bundler", async () => {
    const page = await open();
    const found: unknown = await page.evaluate(
      'import("/dist/index.mjs").then((m) => [m.parsePort("443").value, m.parseConnection("tls://bücher.example").help])',
    );
    expect(found).toEqual([443, expect.stringContaining("xn--bcher-kva.example")]);
  });

  test("asks nobody else for anything, and throws nothing", () => {
    expect(asked.filter((url) => !url.startsWith(`${origin}/`))).toEqual([]);
    expect(errors).toEqual([]);
  });
});

function readDist(pathname: string): string | undefined {
  const file = join(ROOT, pathname);
  return dirname(file).startsWith(join(ROOT, "dist")) && existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
