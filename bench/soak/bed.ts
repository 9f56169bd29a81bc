/** Control plane and sidecar as they are shipped, each a process of its own, and a folder that is edited. */
import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ADMIN_SOCKET, askAdmin } from "../../src/data-plane/envoy/index.ts";
import { startTestbed, type Testbed } from "../../src/testbed/index.ts";
import { until } from "../../test/engines/product.ts";
import type { Meant } from "./policies.ts";

const SALLYPORT = join(import.meta.dirname, "..", "..", "bin", "sallyport");
const PROXY = "/meshes/default/dataplanes/web-1";

export interface Bed {
  readonly testbed: Testbed;
  /** Process ids as this process sees them. */
  readonly pids: Readonly<Record<"control plane" | "agent" | "envoy", number>>;
  /** The lines that say what did not get out. */
  readonly deniedLog: string;
  /** Writes a policy; resolves when the sidecar has acknowledged it. */
  enforce(meant: Meant): Promise<void>;
  /** Bytes that Envoy has allocated. */
  envoyAllocated(): Promise<number>;
  close(): Promise<void>;
}

export async function startBed(envoy: string, first: Meant): Promise<Bed> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-soak-"));
  const [policies, state] = [join(folder, "policies"), join(folder, "state")];
  const [api, xds, deniedLog] = [join(folder, "api.sock"), join(folder, "xds.sock"), join(folder, "denied.log")];
  mkdirSync(policies);
  const testbed = await startTestbed();
  const options = ["--store", `files:${policies}`, "--api", `unix:${api}`, "--xds", `unix:${xds}`];
  const stdio = ["ignore", "ignore", "ignore"] as const;
  const controlPlane = spawn(SALLYPORT, ["control-plane", "run", ...options], { stdio: [...stdio] });
  const ended = new Promise<void>((resolve) => controlPlane.once("exit", () => resolve()));
  const close = async (): Promise<void> => {
    await testbed.close();
    if (controlPlane.kill("SIGTERM")) await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  let generation = 0;
  let before = { effective: "", version: "" };
  const enforce = async ({ resources }: Meant): Promise<void> => {
    const marker = `generation-${++generation}`;
    // One rename: no state in between is ever seen.
    writeFileSync(join(folder, "next.yaml"), `${JSON.stringify({ type: "Mesh", name: marker })}\n---\n${resources}`);
    renameSync(join(folder, "next.yaml"), join(policies, "resources.yaml"));
    await until("the control plane reads it", async () => (await get(api, `/meshes/${marker}`)) !== undefined);
    const effective = (await get(api, `${PROXY}/_effective`)) ?? "";
    if (effective === before.effective) return; // no news for the sidecar
    await until("the sidecar acknowledges it", async () => {
      const version = acknowledged(await get(api, `${PROXY}/_status`));
      if (version === undefined || version === before.version) return false;
      before = { effective, version };
      return true;
    });
  };
  try {
    const running = testbed.namespaces.workload.spawn(
      [
        ...[SALLYPORT, "sidecar", "run", "--proxy", "web-1", "--state", state, "--control-plane", `unix:${xds}`],
        ...["--envoy", envoy, "--concurrency", "2", "--log", deniedLog],
      ],
      { stdio },
    );
    await enforce(first);
    const [agent, envoyPid] = [await running.pid(), envoyOf(state)];
    if (agent === undefined || envoyPid === undefined || controlPlane.pid === undefined)
      throw new Error("a process of the soak has ended");
    return {
      ...{ testbed, deniedLog, enforce, close },
      pids: { "control plane": controlPlane.pid, agent, envoy: envoyPid },
      envoyAllocated: async () => {
        const { allocated }: { allocated: string } = JSON.parse(
          await askAdmin(join(state, "run", ADMIN_SOCKET), "/memory"),
        );
        return Number(allocated);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Status {
  readonly clients: readonly { readonly types: Readonly<Record<string, Answered>> }[];
}

interface Answered {
  readonly acknowledged?: { readonly version: string };
  readonly rejected?: { readonly message: string };
}

function acknowledged(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const { clients }: Status = JSON.parse(text);
  const policy = clients[0]?.types.EffectivePolicy;
  if (policy?.rejected !== undefined) throw new Error(`the sidecar refused a policy: ${policy.rejected.message}`);
  return policy?.acknowledged?.version;
}

/** The body of a 200 answer; undefined for any other, and where nobody listens yet. */
function get(socketPath: string, path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString() : undefined));
    });
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}

/** Envoy works in the sidecar's run folder. */
function envoyOf(state: string): number | undefined {
  const found = readdirSync("/proc").find((pid) => {
    try {
      const isThere = readlinkSync(`/proc/${pid}/cwd`) === join(state, "run");
      return isThere && readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("envoy\0");
    } catch {
      return false;
    }
  });
  return found === undefined ? undefined : Number(found);
}
