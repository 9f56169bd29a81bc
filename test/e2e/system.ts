/** Control plane and sidecar as processes of the real command, each to be killed and started again. For failures.test.ts. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseConnection } from "../../src/policy/model/index.ts";
import {
  type Live,
  type Observed,
  type Probe,
  probeFor,
  type Running,
  startTestbed,
  type Testbed,
} from "../../src/testbed/index.ts";
import { until } from "../engines/product.ts";

const MAIN = join(import.meta.dirname, "..", "..", "src", "main.ts");

export interface RuleText {
  readonly type: string;
  readonly value: string;
  readonly port?: number;
  readonly protocol: string;
}

export interface System {
  readonly testbed: Testbed;
  startControlPlane(): Promise<void>;
  /** As `kill -9` does. */
  killControlPlane(): Promise<void>;
  /** Starts the sidecar and waits until it is ready. */
  startSidecar(...options: readonly string[]): Promise<void>;
  signalSidecar(signal: NodeJS.Signals): Promise<void>;
  /** Process id of Envoy in its namespace, as the sidecar says; undefined while there is none. */
  envoy(): Promise<number | undefined>;
  /** `kill -9` for Envoy; resolves when it is gone. */
  killEnvoy(): Promise<void>;
  /** Whether a process of the namespace is there. */
  lives(pid: number | undefined): Promise<boolean>;
  /** Writes the policy of the workload and waits until the sidecar enforces it. */
  policy(mode: string, rules?: readonly RuleText[]): Promise<void>;
  /** An API request; resolves with the status and the body. */
  api(method: "GET" | "PUT" | "DELETE", path: string, body?: object): Promise<{ status: number; body: string }>;
  probe(text: string, more?: Partial<Probe>): Promise<Observed>;
  hold(text: string): Promise<Live>;
  close(): Promise<void>;
}

export async function startSystem(envoy: string): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-system-"));
  const [api, xds] = [join(folder, "api.sock"), join(folder, "xds.sock")];
  const state = join(folder, "state");
  const testbed = await startTestbed();
  const { workload } = testbed.namespaces;
  let controlPlane: ReturnType<typeof spawn> | undefined;
  let sidecar: Running | undefined;
  let rules = 0;

  const ask: System["api"] = (method, path, body) => send(api, method, path, body);
  const status = async (): Promise<{ rules: number; mode: string; pid?: number } | undefined> => {
    const answer = await send(join(state, "status.sock"), "GET", "/status").catch(() => undefined);
    return answer === undefined ? undefined : JSON.parse(answer.body);
  };
  const lives: System["lives"] = async (pid) => (await workload.run(["kill", "-0", String(pid)])).code === 0;
  const startControlPlane = async (): Promise<void> => {
    const args = [
      "control-plane",
      "run",
      "--store",
      `sqlite:${join(folder, "store.db")}`,
      "--api",
      `unix:${api}`,
      "--xds",
      `unix:${xds}`,
    ];
    controlPlane = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"], detached: true });
    const said: string[] = [];
    if (controlPlane.stderr !== null)
      createInterface({ input: controlPlane.stderr }).on("line", (line) => said.push(line));
    const answers = (): Promise<boolean> =>
      ask("GET", "/meshes").then(
        ({ status }) => status === 200,
        () => false,
      );
    await untilOr("the control plane answers", answers, said);
  };
  const startSidecar = async (...options: readonly string[]): Promise<void> => {
    const args = [
      "--proxy",
      "web-1",
      "--state",
      state,
      "--control-plane",
      `unix:${xds}`,
      "--envoy",
      envoy,
      "--concurrency",
      "1",
    ];
    const running = workload.spawn([process.execPath, MAIN, "sidecar", "run", ...args, ...options], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    sidecar = running;
    const said: string[] = [];
    if (running.stderr !== null) createInterface({ input: running.stderr }).on("line", (line) => said.push(line));
    const ready = () =>
      send(join(state, "status.sock"), "GET", "/ready").then(
        ({ status }) => status === 200,
        () => false,
      );
    await untilOr("the sidecar is ready", ready, said);
  };

  return {
    testbed,
    startControlPlane,
    killControlPlane: async () => {
      const child = controlPlane;
      if (child === undefined) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
    startSidecar,
    signalSidecar: async (signal) => {
      await sidecar?.kill(signal);
      await sidecar?.exited;
    },
    envoy: async () => (await status())?.pid,
    killEnvoy: async () => {
      const pid = (await status())?.pid;
      if (pid === undefined) throw new Error("there is no Envoy");
      await workload.run(["kill", "-9", String(pid)]);
      await until("Envoy is gone", async () => !(await lives(pid)));
    },
    lives,
    policy: async (mode, list = []) => {
      // A rule for nobody, another one each time: the sidecar's count tells when it has this policy.
      rules = (rules % 20) + 1;
      const padding = Array.from({ length: rules }, (_, i) => ({
        type: "IP",
        value: `192.0.2.${i + 1}`,
        port: 1,
        protocol: "tcp",
      }));
      const spec = {
        targetRef: { kind: "Mesh", proxyTypes: ["Sidecar"] },
        default: { passthroughMode: mode, appendMatch: [...list, ...padding] },
      };
      const policy = { type: "MeshPassthrough", mesh: "default", name: "egress", spec };
      const written = await ask("PUT", "/meshes/default/meshpassthroughs/egress", policy);
      if (written.status >= 300) throw new Error(`the policy was refused: ${written.body}`);
      const wanted = list.length + padding.length;
      await until("the sidecar has the policy", async () => {
        const now = await status();
        return now?.mode === mode && now.rules === wanted;
      });
    },
    api: ask,
    probe: (text, more) => testbed.prober.probe(probeOf(text, more)),
    hold: (text) => testbed.prober.hold(probeOf(text)),
    close: async () => {
      await testbed.close();
      controlPlane?.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits; where that is in vain, tells what the process said last. */
async function untilOr(what: string, holds: () => Promise<boolean>, said: readonly string[]): Promise<void> {
  await until(what, holds).catch((error: Error) => {
    throw new Error(`${error.message}\n${said.slice(-10).join("\n")}`);
  });
}

export function probeOf(text: string, more: Partial<Probe> = {}): Probe {
  const connection = parseConnection(text);
  if (!connection.ok) throw new Error(`${text}: ${connection.help}`);
  return { ...probeFor(connection.value), ...more };
}

/** What every system has: a mesh, and the workload's Dataplane. */
export const DATAPLANE = {
  type: "Dataplane",
  mesh: "default",
  name: "web-1",
  networking: {
    address: "10.0.0.1",
    inbound: [{ port: 8080, tags: { "kuma.io/service": "web" } }],
    transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 },
  },
};

function send(
  socketPath: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const asked = request({ socketPath, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
