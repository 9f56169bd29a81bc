/** Connections through the sidecar of a testbed: as many as go, how long each takes, and whether those that stay live. */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { makeClientHello, type Testbed } from "../../src/testbed/index.ts";

/** Where connections go, and what each says first; latin1, one character a byte. */
export interface Target {
  readonly ip: string;
  readonly port: number;
  readonly bytes: string;
}

/** Connections that are made, answered once and reset. */
export interface Load {
  readonly kind: "load";
  readonly target: Target;
  readonly parallel: number;
  /** Either so many, or for so long. */
  readonly count?: number;
  readonly forMs?: number;
  /** At most so many are begun in a second, evenly. */
  readonly perSecond?: number;
  /** The addresses are all different: this many after the target's, and counting. */
  readonly distinct?: number;
}

/** What the client can be asked. */
export type Request =
  | Load
  | { readonly kind: "hold"; readonly target: Target; readonly count: number }
  | { readonly kind: "exercise" };

export interface Rate {
  readonly answered: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How many kept connections got an answer. */
export interface Held {
  readonly alive: number;
  readonly dead: number;
}

export interface Traffic {
  load(load: Omit<Load, "kind">): Promise<Rate>;
  /** Opens connections that stay. */
  hold(target: Target, count: number): Promise<Held>;
  /** Asks all of them once more. */
  exercise(): Promise<Held>;
}

const PROGRAM = join(import.meta.dirname, "traffic-program.ts");
const SINK_PORTS = ["80", "443", "5432", "9000", "9001", "9002", "9003", "9004"];

/** The processes end with the testbed. */
export async function startTraffic({ namespaces: { world, workload } }: Testbed): Promise<Traffic> {
  const program = [process.execPath, PROGRAM];
  const sink = world.spawn([...program, "sink", ...SINK_PORTS], { stdio: ["ignore", "pipe", "inherit"] });
  const client = workload.spawn([...program, "client"], { stdio: ["pipe", "pipe", "inherit"] });
  if (sink.stdout === null || client.stdout === null) throw new Error("impossible: both are pipes");
  await createInterface({ input: sink.stdout })[Symbol.asyncIterator]().next();
  const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
  const ask = async (request: Request) => {
    client.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("the client has ended");
    return JSON.parse(value);
  };
  return {
    load: (load) => ask({ kind: "load", ...load }),
    hold: (target, count) => ask({ kind: "hold", target, count }),
    exercise: () => ask({ kind: "exercise" }),
  };
}

const ANYWHERE = "203.0.113.1";

/** A ClientHello with that server name. */
export const tlsTo = (serverName: string, ip = ANYWHERE): Target => ({
  ip,
  port: 443,
  bytes: makeClientHello({ serverName }).toString("latin1"),
});

/** A request for that host. */
export const httpTo = (host: string): Target => ({
  ip: ANYWHERE,
  port: 80,
  bytes: `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
});

/** Bytes that mean nothing. */
export const bytesTo = (ip: string, port: number): Target => ({ ip, port, bytes: "?" });
