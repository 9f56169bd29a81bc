/** A whole sidecar as it is shipped, in a namespace of its own, and a control plane of one resource in this process. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EFFECTIVE_POLICY_TYPE_URL, encodeEffectivePolicy, resourceName } from "../../src/compile/agent/index.ts";
import { ADMIN_SOCKET, AGENT_SOCKET, askAdmin } from "../../src/data-plane/envoy/index.ts";
import type { EffectivePolicy } from "../../src/policy/model/index.ts";
import { startTestbed, type Testbed } from "../../src/testbed/index.ts";
import { encodeResource, resourceSet, type Snapshot, serveAds } from "../../src/xds/index.ts";
import { envoysOf } from "../../test/e2e/sidecar-bed.ts";
import { cpuMs, mainThreadMs, memoryOf, msUntilFile } from "./process-figures.ts";
import { OWNER, proxyPolicy } from "./rules.ts";

const SALLYPORT = join(import.meta.dirname, "..", "..", "bin", "sallyport");
const PATIENCE_MS = 30_000;

export interface Bed {
  readonly testbed: Testbed;
  /** Of the sidecar's process, until its agent serves Envoy, and until its Envoy enforces the first policy, ms. */
  readonly started: { readonly servesMs: number; readonly readyMs: number };
  /** Process ids as this process sees them. */
  readonly agent: number;
  readonly envoy: number;
  /** The sidecar's folder. */
  readonly state: string;
  /** Resolves when the agent has acknowledged: it is in force everywhere, and on disk. */
  push(policy: EffectivePolicy): Promise<Pushed>;
  admin(path: string): Promise<string>;
  memory(): Record<"agent" | "envoy", { readonly rss: number; readonly pss: number }>;
  close(): Promise<void>;
}

/** What one change cost on its whole way. */
export interface Pushed {
  readonly ackMs: number;
  /** From the control plane to the agent, with all that gRPC puts round it. */
  readonly bytes: number;
  readonly agentMs: number;
  readonly envoyMainMs: number;
}

/** `policy` is the first one that the sidecar gets. */
export async function startBed(envoyPath: string, policy: EffectivePolicy): Promise<Bed> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const [state, xds, counted] = [join(folder, "state"), join(folder, "xds.sock"), join(folder, "counted.sock")];
  let snapshot: Snapshot = { get: () => undefined };
  let settle: (error?: string) => void = () => undefined;
  const server = await serveAds({
    listen: { kind: "unix", path: xds },
    snapshotFor: () => snapshot,
    onAck: () => settle(),
    onNack: (_stream, _type, _version, message) => settle(message),
  });
  const counter = await countBytes(counted, xds);
  const testbed = await startTestbed();
  const close = async (): Promise<void> => {
    await testbed.close();
    counter.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const serve = (next: EffectivePolicy): void => {
    const bytes = encodeEffectivePolicy(proxyPolicy(next));
    const name = resourceName({ mesh: OWNER.mesh, proxy: OWNER.name });
    const resource = encodeResource(EFFECTIVE_POLICY_TYPE_URL, name, bytes);
    snapshot = new Map([[EFFECTIVE_POLICY_TYPE_URL, resourceSet([resource])]]);
  };
  const acknowledged = (): Promise<void> =>
    new Promise((resolve, reject) => {
      settle = (error) =>
        error === undefined ? resolve() : reject(new Error(`the sidecar refused the policy: ${error}`));
    });
  try {
    serve(policy);
    const ready = acknowledged();
    const spawned = performance.now();
    const command = [SALLYPORT, "sidecar", "run", "--mesh", OWNER.mesh, "--proxy", OWNER.name, "--state", state];
    const options = [
      "--control-plane",
      `unix:${counted}`,
      "--envoy",
      envoyPath,
      "--concurrency",
      "1",
      "--log",
      join(folder, "denied.log"),
    ];
    const running = testbed.namespaces.workload.spawn([...command, ...options], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const socket = join(state, "run", AGENT_SOCKET);
    await since(spawned, "the agent serves Envoy", () => existsSync(socket));
    await ready;
    const readyMs = performance.now() - spawned;
    const [agent, envoy] = [await running.pid(), envoysOf(state)[0]];
    if (agent === undefined || envoy === undefined) throw new Error("the sidecar or its Envoy has ended");
    const servesMs = msUntilFile(agent, socket); // a way into the namespace comes before, and the kernel's view is exact
    return {
      ...{ testbed, agent, envoy, state, close, started: { servesMs, readyMs } },
      async push(next) {
        const before = { agent: cpuMs(agent), main: mainThreadMs(envoy) };
        const acked = acknowledged();
        const started = performance.now();
        const sent = counter.sent();
        serve(next);
        server.changed();
        await acked;
        const ackMs = performance.now() - started;
        const bytes = counter.sent() - sent;
        await sleep(300);
        return { ackMs, bytes, agentMs: cpuMs(agent) - before.agent, envoyMainMs: mainThreadMs(envoy) - before.main };
      },
      admin: (path) => askAdmin(join(state, "run", ADMIN_SOCKET), path),
      memory: () => ({ agent: memoryOf(agent), envoy: memoryOf(envoy) }),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What connects to `at` is connected to `to`, and the bytes that come back are counted. */
export async function countBytes(at: string, to: string): Promise<{ sent(): number; close(): void }> {
  let bytes = 0;
  const server = createServer((client) => {
    const upstream = connect(to);
    upstream.on("data", (chunk) => {
      bytes += chunk.length;
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.pipe(other);
      one.on("error", () => other.destroy());
    }
  });
  await new Promise<void>((done) => server.listen(at, done));
  return {
    sent: () => bytes,
    close() {
      server.close();
    },
  };
}

async function since(start: number, what: string, holds: () => boolean): Promise<number> {
  while (!holds()) {
    if (performance.now() - start > PATIENCE_MS) throw new Error(`waited ${PATIENCE_MS} ms in vain: ${what}`);
    await sleep(1);
  }
  return performance.now() - start;
}
