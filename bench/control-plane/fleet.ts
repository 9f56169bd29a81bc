/** The control plane as it is shipped, in a process of its own, and simulated sidecars that keep what they are sent. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EFFECTIVE_POLICY_TYPE_URL, resourceName } from "../../src/compile/agent/index.ts";
import type { WrittenRule } from "../../src/policy/model/index.ts";
import { connectDelta } from "../../src/xds/index.ts";
import { countBytes } from "../envoy-scale/bed.ts";
import { cpuMs, memoryOf, peakOf } from "../envoy-scale/process-figures.ts";
import { mixedRule } from "../rule-mix.ts";

const SALLYPORT = join(import.meta.dirname, "..", "..", "bin", "sallyport");
const MESH = "default";
const PATIENCE_MS = 120_000;
/** Requests under way while a fleet is written. */
const WRITERS = 8;

export interface Shape {
  readonly sidecars: number;
  readonly rules: number;
  /** Does every sidecar have rules of its own, or do all have the same? */
  readonly distinct: boolean;
}

export interface Cost {
  readonly ms: number;
  /** Of the control plane. */
  readonly cpuMs: number;
  /** From the control plane to one sidecar, with all that gRPC puts round it. */
  readonly bytes: number;
}

export interface Fleet {
  /** From the first connection until every sidecar has a policy. */
  readonly configured: Cost;
  /** Replace one rule, and wait until every sidecar that has it has acknowledged; counted from the request. */
  changeOneRule(): Promise<Cost>;
  /** Bytes resident, as it is now and at most so far. */
  memory(): { readonly now: number; readonly peak: number };
  close(): Promise<void>;
}

/** `shape.sidecars` real gRPC connections with a stream each, all configured when this resolves. */
export async function startFleet(shape: Shape): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const [api, xds, counted] = ["api", "xds", "counted"].map((name) => join(folder, `${name}.sock`)) as Paths;
  const log = openSync(join(folder, "log"), "w");
  const options = ["--store", `sqlite:${join(folder, "db")}`, "--api", `unix:${api}`, "--xds", `unix:${xds}`];
  const child = spawn(SALLYPORT, ["control-plane", "run", ...options], { stdio: ["ignore", "ignore", log] });
  const pid = child.pid;
  const agents: { stop(): void }[] = [];
  const counter = await countBytes(counted, xds);
  const close = async (): Promise<void> => {
    for (const agent of agents) agent.stop();
    counter.close();
    const ended = child.exitCode === null ? once(child, "exit") : undefined;
    child.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  if (pid === undefined) throw new Error(`cannot start ${SALLYPORT}`);
  try {
    await until("the control plane is up", () => {
      if (child.exitCode !== null) throw new Error(readFileSync(join(folder, "log"), "utf8"));
      return existsSync(api) && existsSync(xds);
    });
    const put = writer(api);
    await put(`/meshes/${MESH}`, { type: "Mesh", name: MESH });
    const policies = shape.distinct ? shape.sidecars : 1;
    await each(policies, (i) => put(policyPath(i), policyOf(i, shape)));
    await each(shape.sidecars, (i) => put(`/meshes/${MESH}/dataplanes/${nameOf(i)}`, dataplaneOf(i)));

    /** What each sidecar has accepted last. */
    const held: Buffer[] = [];
    let took = (_value: Buffer): void => undefined;
    const measured = async (concerned: number, marker: string, begin: () => Promise<void> | void): Promise<Cost> => {
      const all = Promise.withResolvers<void>();
      let left = concerned;
      took = (value) => {
        if (value.includes(marker) && --left === 0) all.resolve();
      };
      const before = { cpuMs: cpuMs(pid), bytes: counter.sent() };
      const started = performance.now();
      await begin();
      await all.promise;
      const ms = performance.now() - started;
      await sleep(200); // the last acknowledgements are on their way
      return { ms, cpuMs: cpuMs(pid) - before.cpuMs, bytes: counter.sent() - before.bytes };
    };
    const connectAll = (): void => {
      for (let i = 0; i < shape.sidecars; i++) {
        const name = resourceName({ mesh: MESH, proxy: nameOf(i) });
        const agent = connectDelta({
          // the bytes of the first sidecar stand for those of all
          address: { kind: "unix", path: i === 0 ? counted : xds },
          node: { id: name, cluster: MESH },
          type: EFFECTIVE_POLICY_TYPE_URL,
          name,
          accept(value) {
            const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
            held[i] = bytes;
            took(bytes);
            return Promise.resolve({ ok: true });
          },
        });
        agents.push(agent);
      }
    };
    const configured = await measured(shape.sidecars, "", connectAll);
    let changes = 0;
    return {
      configured,
      changeOneRule() {
        const marker = `changed-${++changes}.example.com`;
        const rule: WrittenRule = { type: "Domain", value: marker, port: 443, protocol: "tls" };
        const change = () => put(policyPath(0), policyOf(0, shape, rule));
        return measured(shape.distinct ? 1 : shape.sidecars, marker, change);
      },
      memory: () => ({ now: memoryOf(pid).rss, peak: peakOf(pid) }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Paths = [string, string, string];

const nameOf = (i: number): string => `web-${i}`;
const policyPath = (i: number): string => `/meshes/${MESH}/meshpassthroughs/rules-${i}`;

function dataplaneOf(i: number): object {
  return {
    type: "Dataplane",
    mesh: MESH,
    name: nameOf(i),
    networking: {
      address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
      inbound: [{ port: 5000, tags: { "kuma.io/service": nameOf(i) } }],
      transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 },
    },
  };
}

/** For everybody, or for one sidecar and with rules that no other one has. */
function policyOf(i: number, { rules, distinct }: Shape, changed?: WrittenRule): object {
  const mix = Array.from({ length: rules }, (_, k) => mixedRule(i * rules + k));
  const targetRef = distinct ? { kind: "MeshSubset", tags: { "kuma.io/service": nameOf(i) } } : { kind: "Mesh" };
  return {
    type: "MeshPassthrough",
    mesh: MESH,
    name: `rules-${i}`,
    spec: {
      targetRef,
      default: { passthroughMode: "Matched", appendMatch: changed === undefined ? mix : mix.with(0, changed) },
    },
  };
}

function writer(socketPath: string): (path: string, resource: object) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: WRITERS });
  return (path, resource) =>
    new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const sent = request({ socketPath, path, method: "PUT", headers, agent }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => {
          text += part;
        });
        answer.on("end", () => {
          if (answer.statusCode === 200 || answer.statusCode === 201) resolve();
          else reject(new Error(`PUT ${path}: ${answer.statusCode} ${text}`));
        });
      });
      sent.on("error", reject);
      sent.end(JSON.stringify(resource));
    });
}

/** `work` for 0 to `count` - 1, a few at a time. */
async function each(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: WRITERS }, one));
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const started = performance.now(); !holds(); await sleep(5))
    if (performance.now() - started > PATIENCE_MS) throw new Error(`waited ${PATIENCE_MS} ms in vain: ${what}`);
}
