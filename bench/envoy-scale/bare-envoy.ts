/** A real Envoy with nothing round it: what a configuration costs it, whoever made the configuration. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serveEnvoy } from "../../src/data-plane/agent/index.ts";
import {
  ADMIN_SOCKET,
  AGENT_SOCKET,
  askAdmin,
  connectionLimit,
  envoyBootstrap,
  runEnvoy,
} from "../../src/data-plane/envoy/index.ts";
import { mainThreadMs, memoryOf } from "./process-figures.ts";
import { OWNER } from "./rules.ts";

type Snapshot = Parameters<Awaited<ReturnType<typeof serveEnvoy>>["offer"]>[0];

export type { Snapshot };

/** What one update cost. */
export interface UpdateCost {
  /** From the first byte sent to the last acknowledgement, ms. */
  readonly ackMs: number;
  /** CPU of Envoy's main thread, ms: for as long it answers nobody else. */
  readonly mainMs: number;
}

export interface BareEnvoy {
  /** Rejects where Envoy rejects it. */
  give(snapshot: Snapshot): Promise<UpdateCost>;
  /** Beyond what it needed with no configuration at all, bytes: live on its heap, and resident. */
  memory(): Promise<{ readonly allocated: number; readonly rss: number }>;
  close(): Promise<void>;
}

const NOTHING: Snapshot = { clusters: new Map(), listeners: new Map(), routes: new Map() };
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** Workers take over a configuration, and old ones are dropped, after the acknowledgement. */
const SETTLE_MS = 200;
/** The default of the product, and what the figures that the floors come from were measured with. */
const WORKERS = 2;
/** 50,000 rules as filter chains need 3 GB. */
const MAX_HEAP_BYTES = 8e9;

/**
 * Started as the product starts it. `deferredStats`: the product's bootstrap makes statistics on first use; others' do
 * not, and what their configuration costs is measured without.
 */
export async function startBareEnvoy(
  binary: string,
  { deferredStats }: { readonly deferredStats: boolean },
): Promise<BareEnvoy> {
  const runFolder = realpathSync(mkdtempSync(join(tmpdir(), "sallyport-bench-")));
  const connected = Promise.withResolvers<void>();
  const feed = await serveEnvoy({
    socketPath: join(runFolder, AGENT_SOCKET),
    onConnected: () => connected.resolve(),
    onDisconnected: () => undefined,
    log: SILENT,
  });
  const limits = { maxConnections: connectionLimit(), maxHeapBytes: MAX_HEAP_BYTES };
  const bootstrap = JSON.parse(envoyBootstrap({ ...OWNER, ...limits }));
  if (!deferredStats) delete bootstrap.deferredStatOptions;
  const envoy = await runEnvoy(
    {
      binary,
      identity: { kind: "mark", mark: 1 },
      runFolder,
      bootstrap: JSON.stringify(bootstrap),
      workload: OWNER.name,
      concurrency: WORKERS,
      logPath: join(runFolder, "envoy.log"),
      logLevel: "error",
      onEnded: () => connected.reject(new Error(`envoy ended: see ${runFolder}/envoy.log`)),
    },
    SILENT,
  );
  // It is made to outlive an agent; this one it must not.
  const end = () => process.kill(envoy.current()?.pid ?? 0, "SIGKILL");
  const interrupted = () => process.exit(130);
  process.once("exit", end).once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const close = async (): Promise<void> => {
    process.off("exit", end).off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await envoy.stop();
    await feed.stop();
    rmSync(runFolder, { recursive: true, force: true });
  };
  try {
    await connected.promise;
    const pid = envoy.current()?.pid ?? 0;
    const allocated = async (): Promise<number> => {
      const answer: { readonly allocated: string } = JSON.parse(
        await patiently(join(runFolder, ADMIN_SOCKET), "/memory"),
      );
      return Number(answer.allocated);
    };
    const give: BareEnvoy["give"] = async (snapshot) => {
      const [main, started] = [mainThreadMs(pid), performance.now()];
      const answer = await feed.offer(snapshot);
      const ackMs = performance.now() - started;
      if (answer.kind === "rejected") throw new Error(`envoy rejected it: ${answer.why}`);
      await sleep(SETTLE_MS);
      return { ackMs, mainMs: mainThreadMs(pid) - main };
    };
    await give(NOTHING);
    const empty = { allocated: await allocated(), rss: memoryOf(pid).rss };
    return {
      give,
      memory: async () => ({ allocated: (await allocated()) - empty.allocated, rss: memoryOf(pid).rss - empty.rss }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An Envoy that still takes over tens of thousands of clusters answers nobody for a while. */
async function patiently(socket: string, path: string): Promise<string> {
  for (let left = 30; left > 0; left--) {
    const answer = await askAdmin(socket, path).catch(() => undefined);
    if (answer !== undefined) return answer;
  }
  return askAdmin(socket, path);
}

/** Ports that were free a moment ago: two runs on one host do not meet. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" ? (address?.port ?? 0) : 0);
          });
        }),
    ),
  );
  for (const server of servers) server.close();
  return ports;
}
