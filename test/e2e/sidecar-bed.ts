/** A testbed with a sidecar process in it, fed by an ADS server in this process. For `sidecar*.test.ts`. */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { EFFECTIVE_POLICY_TYPE_URL, encodeEffectivePolicy, type ProxyPolicy } from "../../src/compile/agent/index.ts";
import type { SidecarSettings } from "../../src/data-plane/index.ts";
import { type EffectivePolicy, parseConnection } from "../../src/policy/model/index.ts";
import {
  type Observed,
  type Probe,
  probeFor,
  type Running,
  startTestbed,
  type Testbed,
} from "../../src/testbed/index.ts";
import { encodeResource, type RunningAdsServer, resourceSet, type Snapshot, serveAds } from "../../src/xds/index.ts";
import { policyNamed } from "../laws/builders.ts";

const PROGRAM = fileURLToPath(new URL("sidecar-program.ts", import.meta.url));
const SOURCE = { mesh: "default", name: "test", displayName: "test" };
const NAME = "default/web-1";

/** `tls Domain api.example.com 443`; without the port: every port. */
export const policyOf = policyNamed("test");

export interface Line {
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface SidecarProcess {
  readonly running: Running;
  /** What it said on standard output and standard error, parsed where it is JSON. */
  readonly lines: Line[];
  until(what: (line: Line) => boolean, withinMs?: number): Promise<Line>;
  status(): Promise<Line>;
}

export interface SidecarBed {
  readonly testbed: Testbed;
  readonly stateFolder: string;
  /** Start a sidecar; a second one takes over the state folder. */
  sidecar(
    settings?: Partial<SidecarSettings>,
    program?: { readonly spoil?: readonly (readonly [string, string])[] },
  ): Promise<SidecarProcess>;
  /** Serve a policy; resolves to what the sidecar answered: `accepted`, or its reason. */
  push(
    policy: EffectivePolicy,
    proxy?: Partial<Pick<ProxyPolicy, "redirectPortOutbound" | "ipFamilyMode">>,
  ): Promise<string>;
  /** The control plane goes away, or comes back. */
  controlPlane(isThere: boolean): Promise<void>;
  /** `tls://…` and so on; `more` overrides the probe. */
  probe(text: string, more?: Partial<Probe>): Promise<Observed>;
  probeOf(text: string, more?: Partial<Probe>): Probe;
  /** Process ids of Envoy. */
  envoys(): number[];
  close(): Promise<void>;
}

export async function startSidecarBed(envoyPath: string): Promise<SidecarBed> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-e2e-"));
  const stateFolder = join(folder, "state");
  const controlPlanePath = join(folder, "xds.sock");
  const testbed = await startTestbed();
  let snapshot: Snapshot = { get: () => undefined };
  let answered: ((answer: string) => void) | undefined;
  let server: RunningAdsServer | undefined;
  let lastVersion = "";
  let served: Uint8Array = Buffer.alloc(0);
  /** A sidecar that comes back answers once more to what it has. */
  const answer = (version: string, text: string) => {
    if (version === lastVersion) return;
    lastVersion = version;
    answered?.(text);
  };
  const serve = async () => {
    server = await serveAds({
      listen: { kind: "unix", path: controlPlanePath },
      snapshotFor: () => snapshot,
      onAck: (_stream, _type, version) => answer(version, "accepted"),
      onNack: (_stream, _type, version, message) => answer(version, message),
    });
  };
  await serve();
  const processes: Running[] = [];

  return {
    testbed,
    stateFolder,
    async sidecar(settings = {}, program = {}) {
      const sidecar: SidecarSettings = {
        ...{ mesh: "default", name: "web-1", stateFolder, redirect: "install", envoyPath },
        ...{ controlPlane: `unix:${controlPlanePath}`, resolvers: [], concurrency: 1 },
        ...settings,
      };
      const argument = JSON.stringify({ sidecar, ...program });
      const running = testbed.namespaces.workload.spawn([process.execPath, PROGRAM, argument]);
      processes.push(running);
      return watched(running);
    },
    push(policy, proxy = {}) {
      const bytes = encodeEffectivePolicy({
        ...{ mesh: "default", proxy: "web-1", policy, policies: [SOURCE] },
        ...{ redirectPortOutbound: 15001, ipFamilyMode: "UnSpecified", ...proxy },
      });
      // the same once more is no news to anybody
      if (Buffer.compare(served, bytes) === 0) return Promise.resolve("accepted");
      served = bytes;
      const set = resourceSet([encodeResource(EFFECTIVE_POLICY_TYPE_URL, NAME, bytes)]);
      return new Promise((resolve) => {
        answered = resolve;
        snapshot = new Map([[EFFECTIVE_POLICY_TYPE_URL, set]]);
        server?.changed();
      });
    },
    async controlPlane(isThere) {
      if (isThere) return serve();
      await server?.stop();
      server = undefined;
    },
    probe: (text, more) => testbed.prober.probe(probeOf(text, more)),
    probeOf,
    envoys: () => envoysOf(stateFolder),
    async close() {
      await testbed.close();
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function probeOf(text: string, more: Partial<Probe> = {}): Probe {
  const connection = parseConnection(text);
  if (!connection.ok) throw new Error(`no connection: ${text}`);
  return { ...probeFor(connection.value), ...more };
}

function watched(running: Running): SidecarProcess {
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  for (const stream of [running.stdout, running.stderr])
    if (stream !== null)
      createInterface({ input: stream }).on("line", (text) => {
        if (process.env.SALLYPORT_TEST_VERBOSE !== undefined) process.stderr.write(`${text}\n`);
        lines.push(parse(text));
        for (const look of waiting) look();
      });
  const until = (what: (line: Line) => boolean, withinMs = 10_000) =>
    new Promise<Line>((resolve, reject) => {
      const look = () => {
        const found = lines.find(what);
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`not said within ${withinMs} ms; said:\n${lines.map((l) => JSON.stringify(l)).join("\n")}`));
      }, withinMs);
      waiting.add(look);
      look();
    });
  return {
    running,
    lines,
    until,
    async status() {
      const before = lines.length;
      running.stdin?.write("status\n");
      return until((line) => lines.indexOf(line) >= before && "envoy" in line && "openConnections" in line);
    },
  };
}

function parse(text: string): Line {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { kind: "", ...value } : { kind: "text", text };
  } catch {
    return { kind: "text", text };
  }
}

/** Envoys that run below a state folder: they work in its run folder. */
export function envoysOf(stateFolder: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const isOurs = readlinkSync(`/proc/${name}/cwd`) === join(stateFolder, "run");
      return isOurs && readFileSync(`/proc/${name}/cmdline`, "utf8").startsWith("envoy\0") ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

export const pause = sleep;
