/** Control plane and sidecar as they are shipped, each a process of its own, and a folder that is edited. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ADMIN_SOCKET, askAdmin } from "../../src/data-plane/envoy/index.ts";
import { startTestbed, type Testbed } from "../../src/testbed/index.ts";
import type { Meant } from "../../test/e2e/random-policies.ts";
import { envoysOf } from "../../test/e2e/sidecar-bed.ts";
import { acknowledged, get, until } from "../../test/engines/product.ts";

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
      const version = await acknowledged(api, `${PROXY}/_status`);
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
    await until("the control plane answers", () => get(api, "/ready").then(Boolean, () => false));
    await enforce(first);
    const [agent, envoyPid] = [await running.pid(), envoysOf(state)[0]];
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
