import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodeEffectivePolicy } from "../../src/compile/agent/index.ts";
import { type Address, connectAds, parseAddress, TYPE_URLS } from "../../src/xds/index.ts";

let folder = "";
const stops: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-cp-"));
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A control plane in a process of its own; says where it listens on standard output. */
const PROGRAM = `
  import { createLog, start } from ${JSON.stringify(join(import.meta.dirname, "../../src/control-plane/index.ts"))};
  try {
    const running = await start(JSON.parse(process.argv[1]), createLog());
    console.log(JSON.stringify(running));
    process.once("SIGTERM", () => running.stop());
  } catch (error) {
    console.log(JSON.stringify({ failed: error.message }));
  }
`;

interface Running {
  readonly api: Address;
  readonly xds: Address;
  readonly child: ChildProcess;
  readonly failed?: string;
  readonly log: string[];
}

async function controlPlane(store: string, addresses: { api?: string; xds?: string } = {}): Promise<Running> {
  const settings = { store, api: `unix:${folder}/api.sock`, xds: `unix:${folder}/xds.sock`, ...addresses };
  const args = ["--input-type=module", "-e", PROGRAM, JSON.stringify(settings)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  stops.push(() => end(child, "SIGKILL"));
  const log: string[] = [];
  createInterface(child.stderr).on("line", (line) => log.push(line));
  const [line] = await once(createInterface(child.stdout), "line");
  const { api, xds, failed } = JSON.parse(String(line));
  return { api: addressOf(api), xds: addressOf(xds), child, failed, log };
}

const addressOf = (text = "unix:/nowhere"): Address => {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
};

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}

/** Rejects if there is no whole answer. */
function call(api: Address, method: string, path: string, body?: object): Promise<{ status: number; json: unknown }> {
  const at = api.kind === "unix" ? { socketPath: api.path } : { host: api.host, port: api.port };
  return new Promise((settle, fail) => {
    const sent = request({ ...at, method, path, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", fail);
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString();
        if (answer.complete)
          settle({ status: answer.statusCode ?? 0, json: text === "" ? undefined : JSON.parse(text) });
        else fail(new Error("cut off"));
      });
    });
    sent.on("error", fail);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const mesh = { type: "Mesh", name: "default", networking: { outbound: { passthrough: false } } };
const policy = (name: string, host: string) => ({
  type: "MeshPassthrough",
  mesh: "default",
  name,
  spec: {
    default: { passthroughMode: "Matched", appendMatch: [{ type: "Domain", value: host, port: 443, protocol: "tls" }] },
  },
});
const dataplane = (name: string) => ({
  type: "Dataplane",
  mesh: "default",
  name,
  networking: {
    address: "10.0.0.1",
    inbound: [{ port: 80, tags: { "kuma.io/service": "web" } }],
    transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 },
  },
});

/** An agent that accepts what it can decode: the hosts of the rules it was given, and when. */
function agent(xds: Address, proxy: string) {
  const given: { hosts: string; at: number }[] = [];
  const client = connectAds({
    address: xds,
    node: { id: proxy, cluster: "" },
    subscriptions: new Map([[TYPE_URLS.effectivePolicy, [proxy]]]),
    accept: async ({ resources }) => {
      for (const { value } of resources) {
        const decoded = decodeEffectivePolicy(value);
        if (!decoded.ok) return { reject: decoded.faults.join() };
        const { mode, rules } = decoded.value.policy;
        const hosts = [mode.value, ...rules.map((rule) => rule.value.written.value)].join(" ");
        if (hosts.includes("unwanted")) return { reject: "unwanted" };
        given.push({ hosts, at: performance.now() });
      }
      return { ok: true };
    },
  });
  stops.push(() => client.stop());
  return { given, client };
}

const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 2 });
const path = (name: string) => `/meshes/default/meshpassthroughs/${name}`;

describe("kill -9", () => {
  test("in the middle of a storm of writes, five times: every write that was acknowledged is there", async () => {
    const store = `sqlite:${folder}/store.db`;
    /** By name, the number of the last write that was acknowledged, and of the last that was sent. */
    const acknowledged = new Map<string, number>();
    const sent = new Map<string, number>();
    let total = 0;
    for (let round = 0; round < 5; round++) {
      const { api, child } = await controlPlane(store);
      if (round === 0) await call(api, "PUT", "/meshes/default", mesh);
      const killAt = total + 50 + Math.floor(Math.random() * 100);
      const storm = Array.from({ length: 8 }, async (_, writer) => {
        for (let n = 0; ; n++) {
          const name = `w${writer}-${n % 20}`;
          const number = ++total;
          sent.set(name, number);
          const { status } = await call(api, "PUT", path(name), policy(name, `n${number}.example.com`));
          expect([200, 201]).toContain(status);
          acknowledged.set(name, number);
          if (number >= killAt) child.kill("SIGKILL");
        }
      });
      const results = await Promise.allSettled(storm);
      for (const result of results) expect(String((result as PromiseRejectedResult).reason)).not.toMatch(/Assertion/);
      expect(acknowledged.size).toBeGreaterThan(10);

      const again = await controlPlane(store);
      expect(again.failed).toBeUndefined();
      const { json } = await call(again.api, "GET", "/meshpassthroughs?size=0");
      const stored = new Map(
        (json as { items: ReturnType<typeof policy>[] }).items.map(({ name, spec }) => [
          name,
          Number(spec.default.appendMatch[0]?.value.match(/^n(\d+)\./)?.[1]),
        ]),
      );
      for (const [name, number] of acknowledged) {
        expect(stored.get(name), name).toBeGreaterThanOrEqual(number);
        expect(stored.get(name), name).toBeLessThanOrEqual(sent.get(name) ?? 0);
      }
      await end(again.child, "SIGKILL");
    }
    expect(total).toBeGreaterThan(200);
  });

  test("clients keep what they have, come back, and are not sent it again; then changes reach them", async () => {
    const store = `sqlite:${folder}/store.db`;
    let running = await controlPlane(store);
    await call(running.api, "PUT", "/meshes/default", mesh);
    await call(running.api, "PUT", "/meshes/default/dataplanes/web", dataplane("web"));
    const { given, client } = agent(running.xds, "default/web");
    await soon(() => expect(given.map(({ hosts }) => hosts)).toEqual(["None"]));
    await call(running.api, "PUT", path("p"), policy("p", "a.example.com"));
    await soon(() => expect(given.at(-1)?.hosts).toBe("Matched a.example.com"));

    await end(running.child, "SIGKILL");
    await soon(() => expect(client.isConnected).toBe(false));
    running = await controlPlane(store);
    const statusPath = "/meshes/default/dataplanes/web/_status";
    await soon(async () =>
      expect((await call(running.api, "GET", statusPath)).json).toMatchObject({
        isConnected: true,
        clients: [{ types: { EffectivePolicy: { acknowledged: { version: expect.any(String) } } } }],
      }),
    );
    expect(given.length).toBe(2);
    await call(running.api, "PUT", path("p"), policy("p", "b.example.com"));
    await soon(() => expect(given.at(-1)?.hosts).toBe("Matched b.example.com"));
    expect(given.length).toBe(3);
  });

  test("the sockets of a dead process are replaced, those of a living one are not", async () => {
    const first = await controlPlane(`sqlite:${folder}/1.db`);
    const second = await controlPlane(`sqlite:${folder}/2.db`);
    expect(second.failed).toMatch(/already listens on .*xds\.sock/);
    const third = await controlPlane(`sqlite:${folder}/1.db`, { api: `unix:${folder}/b`, xds: `unix:${folder}/c` });
    expect(third.failed).toMatch(/1\.db` as a store: another process uses it/);
    expect((await call(first.api, "GET", "/ready")).status).toBe(200);
    await end(first.child, "SIGKILL");
    const again = await controlPlane(`sqlite:${folder}/1.db`);
    expect(again.failed).toBeUndefined();
    expect((await call(again.api, "GET", "/ready")).status).toBe(200);
    for (const name of ["api.sock", "xds.sock"]) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });
});

describe("on the wire", () => {
  test("every write over the API reaches the agent, in order", async () => {
    const running = await controlPlane(`sqlite:${folder}/store.db`, { api: "127.0.0.1:0", xds: "127.0.0.1:0" });
    await call(running.api, "PUT", "/meshes/default", mesh);
    await call(running.api, "PUT", "/meshes/default/dataplanes/web", dataplane("web"));
    const { given } = agent(running.xds, "default/web");
    await soon(() => expect(given.length).toBe(1));
    for (let n = 0; n < 50; n++) {
      await call(running.api, "PUT", path("p"), policy("p", `n${n}.example.com`));
      await soon(() => expect(given.at(-1)?.hosts).toBe(`Matched n${n}.example.com`));
    }
  });

  test("every edit of a file reaches the agent", async () => {
    const policies = join(folder, "policies");
    mkdirSync(policies);
    const write = (name: string, document: object) =>
      writeFileSync(join(policies, `${name}.json`), JSON.stringify(document));
    write("mesh", mesh);
    write("web", dataplane("web"));
    const running = await controlPlane(`files:${policies}`);
    const { given } = agent(running.xds, "default/web");
    await soon(() => expect(given.length).toBe(1));
    for (let n = 0; n < 20; n++) {
      write("p", policy("p", `n${n}.example.com`));
      await soon(() => expect(given.at(-1)?.hosts).toBe(`Matched n${n}.example.com`));
    }
  });

  test("what an agent refuses is shown with its reason, and the next change is sent again", async () => {
    const running = await controlPlane(`sqlite:${folder}/store.db`);
    await call(running.api, "PUT", "/meshes/default", mesh);
    await call(running.api, "PUT", "/meshes/default/dataplanes/web", dataplane("web"));
    const { given } = agent(running.xds, "default/web");
    await soon(() => expect(given.length).toBe(1));
    await call(running.api, "PUT", path("p"), policy("p", "unwanted.example.com"));
    const status = async () => (await call(running.api, "GET", "/meshes/default/dataplanes/web/_status")).json;
    const types = { EffectivePolicy: { rejected: { message: "unwanted" } } };
    await soon(async () => expect(await status()).toMatchObject({ clients: [{ types }] }));
    expect(running.log.join()).toMatch(/a client has refused its configuration: unwanted/);
    await call(running.api, "PUT", path("p"), policy("p", "fine.example.com"));
    await soon(() => expect(given.at(-1)?.hosts).toBe("Matched fine.example.com"));
    expect(JSON.stringify(await status())).not.toContain("unwanted");
  });

  test("a proxy without a Dataplane gets nothing until it has one; when it loses it, its agent keeps what it has", async () => {
    const running = await controlPlane(`sqlite:${folder}/store.db`);
    await call(running.api, "PUT", "/meshes/default", mesh);
    const { given, client } = agent(running.xds, "default/web");
    await soon(() => expect(running.log.join()).toMatch(/default\/web` has no Dataplane here/));
    expect(given).toEqual([]);
    await call(running.api, "PUT", "/meshes/default/dataplanes/web", dataplane("web"));
    await soon(() => expect(given.map(({ hosts }) => hosts)).toEqual(["None"]));
    await call(running.api, "DELETE", "/meshes/default");
    await new Promise((done) => setTimeout(done, 300));
    expect(given.length).toBe(1);
    expect(client.isConnected).toBe(true);
  });

  test("two hundred agents get a change, each its own", async () => {
    const running = await controlPlane(`sqlite:${folder}/store.db`);
    await call(running.api, "PUT", "/meshes/default", mesh);
    const names = Array.from({ length: 200 }, (_, n) => `web-${n}`);
    await Promise.all(
      names.map((name) => call(running.api, "PUT", `/meshes/default/dataplanes/${name}`, dataplane(name))),
    );
    const agents = names.map((name) => agent(running.xds, `default/${name}`));
    await soon(() => expect(agents.filter(({ given }) => given.length === 1).length).toBe(200));
    await call(running.api, "PUT", path("p"), policy("p", "a.example.com"));
    await soon(() =>
      expect(agents.filter(({ given }) => given.at(-1)?.hosts === "Matched a.example.com").length).toBe(200),
    );
  });
});

test("SIGTERM ends it in order: what is asked is answered, exit code 0, sockets are gone", async () => {
  const running = await controlPlane(`sqlite:${folder}/store.db`);
  const { client } = agent(running.xds, "default/web");
  await soon(() => expect(client.isConnected).toBe(true));
  const answers = Array.from({ length: 5 }, (_, n) =>
    call(running.api, "PUT", `/meshes/m${n}`, { type: "Mesh", name: `m${n}` }),
  );
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(5).fill(201));
  running.child.kill("SIGTERM");
  const [code] = await once(running.child, "exit");
  expect(code).toBe(0);
  for (const name of ["api.sock", "xds.sock"])
    expect(statSync(join(folder, name), { throwIfNoEntry: false })).toBeUndefined();
  await soon(() => expect(running.log.at(-1)).toMatch(/control plane has stopped/));
});
