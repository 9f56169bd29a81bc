/** The product as its users run it: a control plane on a folder, a sidecar with a real Envoy beside the testbed's workload. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { start as startControlPlane } from "../../src/control-plane/index.ts";
import { ADMIN_SOCKET, askAdmin } from "../../src/data-plane/envoy/index.ts";
import type { SidecarSettings } from "../../src/data-plane/index.ts";
import type { Dataplane } from "../../src/policy/model/index.ts";
import { type Running, startTestbed, type Testbed } from "../../src/testbed/index.ts";

export interface Product {
  readonly testbed: Testbed;
  /** For files of a test's own; goes with the product. */
  readonly folder: string;
  /** Puts resources into force for one of their Dataplanes; resolves when its sidecar has acknowledged them. */
  enforce(resources: string, dataplane: Dataplane): Promise<void>;
  /** The sidecar and where it keeps its state; there is none before the first `enforce`. */
  sidecar(): { readonly running: Running; readonly stateFolder: string };
  /** Counters and gauges of its Envoy, in the order of their names. */
  envoyStats(names: readonly string[]): Promise<number[]>;
  close(): Promise<void>;
}

export interface ProductSettings {
  readonly envoy: string;
  /** Beyond what every test needs. */
  readonly sidecar?: Partial<SidecarSettings>;
}

const READY_MS = 20_000;

/** What went wrong is worth reading, what went well is not. */
const LOG = {
  info: () => undefined,
  warn: () => undefined,
  error: (fields: object, message: string) =>
    void process.stderr.write(`control plane: ${message} ${JSON.stringify(fields)}\n`),
};

export async function startProduct(settings: ProductSettings): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-test-"));
  const policies = join(folder, "policies");
  mkdirSync(policies);
  const api = join(folder, "api.sock");
  const xds = `unix:${join(folder, "xds.sock")}`;
  const testbed = await startTestbed();
  const controlPlane = await startControlPlane({ store: `files:${policies}`, api: `unix:${api}`, xds }, LOG);
  let current: { readonly owner: string; readonly running: Running; readonly stateFolder: string } | undefined;
  let before = { key: "", version: "" };
  let generation = 0;

  const enforce: Product["enforce"] = async (resources, dataplane) => {
    const { mesh, name } = dataplane.meta;
    const owner = `${mesh}/${name}`;
    if (current?.owner !== owner) {
      await current?.running.kill();
      await current?.running.exited;
      current = undefined;
      before = { key: "", version: "" };
    }
    // One rename: no state in between is ever seen.
    const marker = `generation-${++generation}`;
    writeFileSync(join(folder, "next.yaml"), `${JSON.stringify({ type: "Mesh", name: marker })}\n---\n${resources}`);
    renameSync(join(folder, "next.yaml"), join(policies, "resources.yaml"));
    const path = `/meshes/${mesh}/dataplanes/${name}`;
    await until(
      "the control plane reads the resources",
      async () => (await get(api, `/meshes/${marker}`)) !== undefined,
    );
    const key = JSON.stringify([await get(api, `${path}/_effective`), dataplane.transparentProxying]);
    if (current === undefined) {
      const given = {
        mesh,
        name,
        controlPlane: xds,
        envoyPath: settings.envoy,
        redirect: "install",
        concurrency: 1,
      } as const;
      const stateFolder = join(folder, `state-${generation}`);
      const running = await startSidecar(testbed, {
        ...given,
        stateFolder,
        logFile: join(folder, "denied.log"),
        ...settings.sidecar,
      });
      current = { owner, running, stateFolder };
    }
    const old = key === before.key ? undefined : before.version; // what does not change makes no new version
    let version: string | undefined;
    await until("the sidecar acknowledges the policy", async () => {
      version = await acknowledged(api, `${path}/_status`);
      return version !== undefined && version !== old;
    });
    before = { key, version: version ?? "" };
  };

  const sidecar: Product["sidecar"] = () => {
    if (current === undefined) throw new Error("no sidecar was started yet");
    return current;
  };
  const envoyStats: Product["envoyStats"] = async (names) => {
    const filter = encodeURIComponent(`^(${names.join("|")})$`);
    const socket = join(sidecar().stateFolder, "run", ADMIN_SOCKET);
    const lines = (await askAdmin(socket, `/stats?filter=${filter}`)).split("\n");
    return names.map((name) =>
      Number(lines.find((line) => line.startsWith(`${name}: `))?.split(": ")[1] ?? Number.NaN),
    );
  };

  return {
    testbed,
    folder,
    enforce,
    sidecar,
    envoyStats,
    close: async () => {
      await testbed.close();
      await controlPlane.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a sidecar and waits until it is ready: its Envoy has acknowledged a policy. */
async function startSidecar({ namespaces }: Testbed, settings: SidecarSettings): Promise<Running> {
  const file = join(import.meta.dirname, "sidecar-process.ts");
  const command = [process.execPath, file, JSON.stringify(settings)];
  const running = namespaces.workload.spawn(command, { stdio: ["ignore", "pipe", "pipe"] });
  if (running.stdout === null || running.stderr === null) throw new Error("impossible: both are pipes");
  const said: string[] = [];
  createInterface({ input: running.stderr }).on("line", (line) => said.push(line));
  const timer = setTimeout(() => void running.kill("SIGKILL"), READY_MS);
  try {
    for await (const line of createInterface({ input: running.stdout })) if (line === "ready") return running;
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`the sidecar did not get ready within ${READY_MS} ms:\n${said.slice(-20).join("\n")}`);
}

/** As much of a proxy's status as matters here. */
interface Status {
  readonly clients: readonly { readonly types: { readonly EffectivePolicy?: TypeStatus } }[];
}

interface TypeStatus {
  readonly acknowledged?: { readonly version: string };
  readonly rejected?: { readonly message: string };
}

/** The version of the policy that a proxy has acknowledged. Rejects if it refused one. */
export async function acknowledged(api: string, path: string): Promise<string | undefined> {
  const text = await get(api, path);
  if (text === undefined) return undefined;
  const status: Status = JSON.parse(text);
  const policy = status.clients[0]?.types.EffectivePolicy;
  if (policy?.rejected !== undefined) throw new Error(`the sidecar refused the policy: ${policy.rejected.message}`);
  return policy?.acknowledged?.version;
}

/** The body of a 200 answer; undefined for any other. */
export function get(socketPath: string, path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => resolve(response.statusCode === 200 ? body : undefined));
    });
    asked.on("error", reject);
    asked.end();
  });
}

export async function until(what: string, holds: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await sleep(5);
  }
}
