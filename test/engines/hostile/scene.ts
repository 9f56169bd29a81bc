/** A sidecar between a hostile client and destinations that record, with Envoy's memory and descriptors in view. */
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ConnectionRecord } from "../../../src/testbed/index.ts";
import { policyOf, type SidecarBed, startSidecarBed } from "../../e2e/sidecar-bed.ts";
import type { Attack, Command, Seen } from "./client.ts";
import { framesIn } from "./http2-frames.ts";
import type { Answered } from "./page.ts";
import type { Row } from "./rows.ts";

const CLIENT = fileURLToPath(new URL("client.ts", import.meta.url));

export interface Scene {
  readonly bed: SidecarBed;
  attack(attack: Attack): Promise<readonly Seen[]>;
  /** End all connections that were kept. */
  release(): Promise<void>;
  /** Of Envoy: resident bytes, open descriptors; and its process, which must stay the same. */
  usage(): Usage;
  /** The most of both that is in use at a time, looked at again and again until `during` is over. */
  peak(during: () => Promise<void>): Promise<Usage>;
  close(): Promise<void>;
}

export interface Usage {
  readonly pid: number;
  readonly bytes: number;
  readonly descriptors: number;
}

const LOOK_MS = 100;

export const RULES = [
  "http Domain *.example.com 80",
  "http Domain example.org 80",
  "tls Domain *.example.com 443",
  "tcp CIDR 203.0.113.0/24 9000",
];

export async function startScene(binary: string, settings: Parameters<SidecarBed["sidecar"]>[0] = {}): Promise<Scene> {
  const bed = await startSidecarBed(binary);
  await bed.testbed.destinations.listen([80, 443, 8443, 9000]);
  const sidecar = await bed.sidecar(settings);
  await bed.push(policyOf("Matched", ...RULES));
  await sidecar.until((line) => "ready" in line && line.envoy === undefined);
  const client = bed.testbed.namespaces.workload.spawn([process.execPath, CLIENT]);
  const waiting = new Map<number, (seen: readonly Seen[]) => void>();
  if (client.stdout !== null)
    createInterface({ input: client.stdout }).on("line", (line) => {
      const { id, seen }: { readonly id: number; readonly seen: readonly Seen[] } = JSON.parse(line);
      waiting.get(id)?.(seen);
      waiting.delete(id);
    });
  let ids = 0;
  const ask = (command: (id: number) => Command): Promise<readonly Seen[]> => {
    const id = ++ids;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      client.stdin?.write(`${JSON.stringify(command(id))}\n`);
    });
  };
  const usage = (): Usage => {
    const [pid = 0] = bed.envoys();
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return { pid, bytes: pages * 4096, descriptors: readdirSync(`/proc/${pid}/fd`).length };
  };
  return {
    bed,
    attack: (attack) => ask((id) => ({ id, attack })),
    async release() {
      await ask((id) => ({ id, release: true }));
    },
    usage,
    async peak(during) {
      let most = usage();
      const look = () => {
        const { pid, bytes, descriptors } = usage();
        most = { pid, bytes: Math.max(most.bytes, bytes), descriptors: Math.max(most.descriptors, descriptors) };
      };
      const timer = setInterval(look, LOOK_MS);
      await during().finally(() => clearInterval(timer));
      look();
      return most;
    },
    close: () => bed.close(),
  };
}

/** One row at a destination of its own: what the client saw, and what arrived. */
export async function observe(
  { bed, attack }: Scene,
  row: Row,
  ip: string,
): Promise<Answered & { readonly syns: number }> {
  const { destinations } = bed.testbed;
  const [seen] = await attack({
    to: { ip, port: row.port },
    steps: row.steps,
    waitMs: row.waitMs ?? 2_000,
    ...(row.http2 && { isPatient: true }),
  });
  const records = (await destinations.records()).filter(({ destination }) => destination.ip === ip);
  const packets = (await destinations.packets()).filter((count) => count.ip === ip);
  const syns = packets.reduce((sum, count) => sum + count.packets, 0);
  return { answer: seen === undefined ? "none" : answerOf(seen, row), reaches: arrivedOf(records, syns, row), syns };
}

function answerOf({ end, received }: Seen, { http2, port, flood }: Row): string {
  if (http2 === true) {
    const { goaway, reset, headers } = framesIn(received);
    if (flood === true) return goaway || end !== "held" ? "ended" : "held";
    const words = [headers > 0 ? "answered" : "", reset ? "stream reset" : "", goaway ? "goaway" : ""];
    const said = words.filter((word) => word !== "").join(", ");
    if (said !== "") return said;
    return /^HTTP\/1\.1 (\d+)/.exec(received)?.[1] ?? end;
  }
  const statuses = [...received.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => status);
  if (statuses.length > 0) return statuses.join(", ");
  if (received === "") return end;
  return port === 80 ? `other: ${received.slice(0, 40)}` : "passes";
}

function arrivedOf(records: readonly ConnectionRecord[], syns: number, { port, flood, mayReach }: Row): string {
  if (flood === true && mayReach === true) return "what is ruled";
  if (syns === 0) return "nothing";
  const requests = records.flatMap((record) => record.requests);
  if (port !== 80) return "its bytes";
  if (requests.length === 0) return "a connection";
  return requests.length === 1 ? "1 request" : `${Math.min(requests.length, 2)} requests or more`;
}

/** Hosts of all requests that arrived anywhere. */
export const hostsOf = (records: readonly ConnectionRecord[]): readonly string[] =>
  records.flatMap(({ requests }) =>
    requests.flatMap(({ headers }) =>
      headers.filter(([name]) => /^(?:host|:authority)$/i.test(name)).map(([, value]) => value),
    ),
  );
