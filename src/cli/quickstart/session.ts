import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../control-plane/index.ts";
import { type Running, startTestbed, type Testbed } from "../../testbed/index.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import type { Plan } from "./plan.ts";

/** Everything that runs: control plane, namespaces with destinations and prober, the workload's sidecar. */
export interface Session {
  readonly testbed: Testbed;
  /** The folder of sockets, state and logs; goes with the session. */
  readonly folder: string;
  /** When the sidecar acknowledged the policy in force: version and time in ms since the epoch. */
  acknowledged(): Promise<Acknowledged | undefined>;
  /** Resolves with what happened if the sidecar ends by itself. */
  readonly sidecarEnded: Promise<string>;
  stop(): Promise<void>;
}

export interface Acknowledged {
  readonly version: string;
  readonly atMs: number;
}

export interface SessionSettings {
  /** The folder of policies. */
  readonly policies: string;
  readonly plan: Plan;
  readonly envoy: string;
  readonly log: Log;
  readonly progress: (text: string) => void;
}

const READY_WITHIN_MS = 30_000;

/** Starts all of it; what was started is stopped again where a later part cannot start. */
export async function startSession(settings: SessionSettings): Promise<Session> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-"));
  const undo: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await startParts(settings, folder, undo)), folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  { policies, plan, envoy, log, progress }: SessionSettings,
  folder: string,
  undo: (() => Promise<void> | void)[],
): Promise<Omit<Session, "folder" | "stop">> {
  const { start } = await import("../../control-plane/index.ts");
  const [api, xds] = [join(folder, "api.sock"), `unix:${join(folder, "xds.sock")}`];
  const controlPlane = await start({ store: `files:${policies}`, api: `unix:${api}`, xds }, log);
  undo.push(() => controlPlane.stop());
  progress(`control plane   store files:${policies}`);
  const testbed = await startTestbed({ hosts: plan.hosts });
  undo.push(() => testbed.close());
  for (const [port, behaviour] of plan.ports) await testbed.destinations.listen([port], behaviour);
  const { privilege, workloadUid } = testbed.namespaces;
  const who = privilege === "root" ? `uid ${workloadUid}` : "a user namespace without rights";
  progress(`workload        ${plan.proxy.dataplane.meta.name}, in its own network namespace, ${who}`);
  const { mesh, name } = plan.proxy.dataplane.meta;
  const sidecar = await startSidecar(testbed, folder, [
    "--mesh",
    mesh,
    "--proxy",
    name,
    "--control-plane",
    xds,
    "--envoy",
    envoy,
  ]);
  undo.push(async () => {
    await sidecar.kill();
    await sidecar.exited;
  });
  progress(`sidecar         ${envoy}; denied connections in ${join(folder, "denied.log")}`);
  const path = `/meshes/${mesh}/dataplanes/${name}/_status`;
  return {
    testbed,
    acknowledged: async () => readAcknowledged(await get(api, path)),
    sidecarEnded: sidecar.exited.then(({ code, signal }) => `the sidecar ended with ${signal ?? code}`),
  };
}

async function startSidecar({ namespaces }: Testbed, folder: string, args: readonly string[]): Promise<Running> {
  const ready = join(folder, "state", "status.sock");
  const own = ["sidecar", "run", "--state", join(folder, "state"), "--log", join(folder, "denied.log")];
  const argv = [process.execPath, ...process.execArgv, process.argv[1] ?? "", ...own, ...args];
  const running = namespaces.workload.spawn(argv, { stdio: ["ignore", "ignore", "pipe"] });
  const said: string[] = [];
  const file = createWriteStream(join(folder, "sidecar.log"));
  if (running.stderr !== null)
    createInterface({ input: running.stderr }).on("line", (line) => {
      file.write(`${line}\n`);
      said.push(line);
      if (said.length > 20) said.shift();
    });
  let ended: string | undefined;
  running.exited.then(
    ({ code, signal }) => {
      ended = `ended with ${signal ?? code}`;
    },
    (error: Error) => {
      ended = error.message;
    },
  );
  for (
    const deadline = performance.now() + READY_WITHIN_MS;
    performance.now() < deadline && ended === undefined;
    await sleep(10)
  )
    if ((await get(ready, "/ready").catch(() => undefined)) !== undefined) return running;
  const why = ended ?? `was not ready within ${READY_WITHIN_MS / 1000} s`;
  throw new CommandError(EXIT.unreachable, `the sidecar ${why}`, said.join("\n    "));
}

function readAcknowledged(body: string | undefined): Acknowledged | undefined {
  if (body === undefined) return undefined;
  const status: { clients: { types: { EffectivePolicy?: { acknowledged?: { version: string; at: string } } } }[] } =
    JSON.parse(body);
  const found = status.clients[0]?.types.EffectivePolicy?.acknowledged;
  return found === undefined ? undefined : { version: found.version, atMs: Date.parse(found.at) };
}

/** The body of a 200 answer; undefined for any other. Rejects where nobody listens. */
function get(socketPath: string, path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString() : undefined));
    });
    asked.on("error", reject);
    asked.end();
  });
}
