import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { ROOT } from "./sources.ts";

/** The library as one script for a browser. */
async function bundle() {
  return build({
    absWorkingDir: ROOT,
    entryPoints: ["src/index.ts"],
    bundle: true,
    format: "iife",
    globalName: "sallyport",
    platform: "browser",
    target: "es2024",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
}

test("the library is the meaning, the packages that it reads names and YAML with, and the list of public suffixes", async () => {
  const { metafile } = await bundle();
  const parts = Object.keys(metafile.inputs).map(
    (file) => /^(?:node_modules\/[^/]+|src\/[^/]+)/.exec(file)?.[0] ?? file,
  );
  expect([...new Set(parts)].sort()).toEqual([
    "node_modules/punycode",
    "node_modules/tldts",
    "node_modules/tldts-core",
    "node_modules/tr46",
    "node_modules/yaml",
    "src/index.ts",
    "src/policy",
  ]);
});

test("the library runs where there is nothing but the language", async () => {
  const { outputFiles } = await bundle();
  const script = `${outputFiles[0]?.text};
    const { proxies } = sallyport.check([{ file: "all.yaml", text }]);
    const connection = sallyport.parseConnection("tls://bücher.example:443@203.0.113.7");
    const other = sallyport.parseConnection("tls://httpbin.org:443@203.0.113.7");
    [connection.help, sallyport.decide(proxies[0].effective, sallyport.addressed(other.value)).kind];`;
  const [help, verdict] = runInNewContext(script, { text: TEXT });
  expect(help).toContain("xn--bcher-kva.example");
  expect(verdict).toBe("allow");
});

const TEXT = `
type: Dataplane
mesh: default
name: web-1
networking:
  address: 10.0.0.1
  inbound: [{ port: 80, tags: { kuma.io/service: web } }]
  transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 }
---
type: MeshPassthrough
mesh: default
name: some
spec:
  default:
    passthroughMode: Matched
    appendMatch: [{ type: Domain, value: httpbin.org, protocol: tls, port: 443 }]
`;
