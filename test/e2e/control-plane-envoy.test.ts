import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { agentBootstrap, bootstrapJson } from "../../src/compile/envoy/index.ts";
import { type ControlPlane, type Log, start } from "../../src/control-plane/index.ts";
import { askAdmin } from "../../src/data-plane/envoy/index.ts";
import { describeReal, envoys } from "../engines/requirements.ts";

let folder = "";
let policies = "";
const stops: (() => unknown)[] = [];
let refusals: string[] = [];
const log: Log = { info() {}, warn() {}, error: (_fields, message) => refusals.push(message) };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-cp-"));
  policies = join(folder, "policies");
  mkdirSync(policies);
  refusals = [];
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  rmSync(folder, { recursive: true, force: true });
});

const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 20 });
const write = (name: string, document: object) =>
  writeFileSync(join(policies, `${name}.json`), JSON.stringify(document));
const policy = (...appendMatch: object[]) =>
  write("p", {
    type: "MeshPassthrough",
    mesh: "m",
    name: "p",
    spec: { default: { passthroughMode: "Matched", appendMatch } },
  });
const tls = { type: "Domain", value: "a.example.com", port: 443, protocol: "tls" };
const http = { type: "Domain", value: "b.example.com", port: 80, protocol: "http" };
const tcp = { type: "CIDR", value: "10.1.0.0/16", port: 5432, protocol: "tcp" };

const dataplane = (redirectPortOutbound: number) => ({
  type: "Dataplane",
  mesh: "m",
  name: "web",
  networking: {
    address: "127.0.0.1",
    inbound: [{ port: 80, tags: { "kuma.io/service": "web" } }],
    transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound },
  },
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function controlPlane(): Promise<ControlPlane> {
  const running = await start(
    { store: `files:${policies}`, api: `unix:${folder}/api`, xds: `unix:${folder}/xds` },
    log,
  );
  stops.push(() => running.stop());
  return running;
}

/** An Envoy of its own, that knows nothing but where its control plane is, and that it is `m.web`. */
function envoy(binary: string): { admin(path: string): Promise<string>; child: ChildProcess } {
  const adminPath = join(folder, "admin");
  const node = { id: "m.web", cluster: "web" };
  const bootstrap = agentBootstrap({ node, adminPath, agentPath: join(folder, "xds"), maxConnections: 100 });
  writeFileSync(join(folder, "bootstrap.json"), bootstrapJson(bootstrap));
  const args = [
    "-c",
    join(folder, "bootstrap.json"),
    "--drain-time-s",
    "1",
    "--disable-hot-restart",
    "--concurrency",
    "1",
    "-l",
    "error",
  ];
  const child = spawn(binary, args, { stdio: "ignore", env: { SALLYPORT_WORKLOAD: "web" } });
  stops.push(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  return { admin: (path) => askAdmin(adminPath, path), child };
}

for (const { name, binary, missing } of envoys) {
  describeReal(`${name} without an agent`, missing, () => {
    test("gets its listener, routes and clusters, takes every change in place, and outlives its control plane", async () => {
      const redirectPortOutbound = await freePort();
      write("m", { type: "Mesh", name: "m" });
      write("web", dataplane(redirectPortOutbound));
      policy(tls);
      let running = await controlPlane();
      const { admin, child } = envoy(binary);
      const stats = async (filter: string) =>
        Object.fromEntries(
          (await admin(`/stats?filter=${filter}`))
            .trim()
            .split("\n")
            .map((line) => line.split(": ")),
        );
      await soon(async () => expect(await admin("/listeners")).toContain(`mp:out::127.0.0.1:${redirectPortOutbound}`));

      const routes = async () => String(await admin("/config_dump?resource=dynamic_route_configs"));
      for (const [rules, wanted] of [
        [[tls, http], /b\.example\.com/],
        [[tls, http, tcp], /b\.example\.com/],
        [[{ ...http, value: "c.example.com" }], /c\.example\.com/],
      ] as const) {
        policy(...rules);
        await soon(async () => expect(await routes()).toMatch(wanted));
      }
      // The port's last HTTP rule goes; its chain stays, with a table that admits nothing.
      policy(tls);
      await soon(async () => expect(await routes()).not.toMatch(/c\.example\.com/));
      expect(refusals).toEqual([]);
      expect(await stats("update_rejected|draining")).toEqual({
        "cluster_manager.cds.update_rejected": "0",
        "listener_manager.lds.update_rejected": "0",
        "listener_manager.total_filter_chains_draining": "0",
        "listener_manager.total_listeners_draining": "0",
        ...Object.fromEntries(Object.entries(await stats("rds.*update_rejected")).map(([key]) => [key, "0"])),
      });

      const before = await stats("lds.update_success");
      await running.stop();
      await soon(async () =>
        expect(await stats("control_plane.connected_state")).toEqual({ "control_plane.connected_state": "0" }),
      );
      expect(await admin("/listeners")).toContain("mp:out");
      running = await controlPlane();
      await soon(async () =>
        expect(await stats("control_plane.connected_state")).toEqual({ "control_plane.connected_state": "1" }),
      );
      policy(tls, http);
      await soon(async () => expect(await routes()).toMatch(/b\.example\.com/));
      expect(refusals).toEqual([]);
      expect(Number((await stats("lds.update_success"))["listener_manager.lds.update_success"])).toBeGreaterThanOrEqual(
        Number(before["listener_manager.lds.update_success"]),
      );
      expect(child.exitCode).toBeNull();
    });

    test("that cannot listen refuses once, with its reason, and takes what mends it", async () => {
      const taken = createServer().listen(0, "127.0.0.1");
      await once(taken, "listening");
      stops.push(() => taken.close());
      const address = taken.address();
      const takenPort = typeof address === "object" && address !== null ? address.port : 0;
      write("m", { type: "Mesh", name: "m" });
      write("web", dataplane(takenPort));
      policy(tls);
      await controlPlane();
      const { admin } = envoy(binary);
      await soon(() =>
        expect(refusals).toEqual([expect.stringMatching(/refused its configuration: .*mp:out.*in use/s)]),
      );
      await new Promise((done) => setTimeout(done, 500));
      expect(refusals.length).toBe(1);
      const port = await freePort();
      write("web", dataplane(port));
      await soon(async () => expect(await admin("/listeners")).toContain(`mp:out::127.0.0.1:${port}`));
      expect(refusals.length).toBe(1);
    });
  });
}
