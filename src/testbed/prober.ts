import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Handlers, openChannel } from "./channel.ts";
import { entryCommand } from "./entry.ts";
import { type Line, openLine } from "./line.ts";
import type { Namespaces } from "./namespaces.ts";
import type { End, Exchange, Observed, Probe } from "./probe.ts";
import type { Endpoint } from "./record.ts";
import type { Session } from "./session.ts";
import { bytesSession, helloSession, tlsSession } from "./session-bytes.ts";
import { http1Session, websocketSession } from "./session-http1.ts";
import { http2Session } from "./session-http2.ts";

/** What the process in `workload` can be asked. */
export type ProberProtocol = {
  probe: { args: Probe; result: Observed };
  hold: { args: Probe; result: { readonly id: number; readonly observed: Observed } };
  exercise: { args: { readonly id: number; readonly waitMs: number }; result: readonly Exchange[] };
  ends: { args: null; result: readonly (readonly [id: number, end: End])[] };
  release: { args: readonly number[]; result: null };
  udp: { args: Endpoint & { readonly text: string }; result: UdpOutcome };
  identity: { args: null; result: { readonly uid: number; readonly capabilities: string } };
};

/** `sent` says that the kernel took it, not that it arrived. */
export type UdpOutcome = { readonly sent: true } | { readonly sent: false; readonly code: string };

/** A connection that stays open. */
export interface Live {
  /** What was observed when it was opened. */
  readonly opened: Observed;
  readonly probe: Probe;
  /** Does again what the probe says, on the same connection. A dead one answers as it ended. */
  exercise(waitMs?: number): Promise<readonly Exchange[]>;
  close(): Promise<void>;
  readonly id: number;
}

/** Makes connections as the workload. */
export interface Prober {
  probe(probe: Probe): Promise<Observed>;
  /** All of them, at most so many at a time; results in the order of the probes. */
  probeAll(probes: readonly Probe[], atATime?: number): Promise<Observed[]>;
  /** Opens a connection and keeps it, whatever its answers were. */
  hold(probe: Probe): Promise<Live>;
  /** Which of the kept connections have ended by themselves, and how: by `Live.id`. */
  ends(): Promise<ReadonlyMap<number, End>>;
  udp(to: Endpoint, text: string): Promise<UdpOutcome>;
  /** The kernel's word on who the prober is: uid, and CapEff in hexadecimal. */
  identity(): Promise<ProberProtocol["identity"]["result"]>;
  close(): Promise<void>;
}

/** Starts the prober in the workload's namespace. */
export async function startProber(namespaces: Namespaces): Promise<Prober> {
  const byRoot = namespaces.privilege === "root";
  // As root it loads first and drops its rights then: the workload's uid may not be able to read this program.
  const command = entryCommand("prober", ...(byRoot ? [String(namespaces.workloadUid)] : []));
  const as = byRoot ? "admin" : "workload";
  const running = namespaces.workload.spawn(command, { as, stdio: ["pipe", "pipe", "inherit"] });
  const channel = openChannel<ProberProtocol>("prober", running);
  const probe: Prober["probe"] = (one) => channel.call("probe", one);
  return {
    probe,
    probeAll: (probes, atATime = 10) => inTurns(probes, atATime, probe),
    hold: async (one) => {
      const { id, observed } = await channel.call("hold", one);
      return {
        id,
        probe: one,
        opened: observed,
        exercise: (waitMs = one.waitMs ?? DEFAULT_WAIT_MS) => channel.call("exercise", { id, waitMs }),
        close: async () => {
          await channel.call("release", [id]);
        },
      };
    },
    ends: async () => new Map(await channel.call("ends", null)),
    udp: (to, text) => channel.call("udp", { ...to, text }),
    identity: () => channel.call("identity", null),
    close: () => channel.close(),
  };
}

async function inTurns<T, R>(items: readonly T[], atATime: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [i, item] of queue) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, worker));
  return results;
}

const DEFAULT_WAIT_MS = 8_000;

/** The other side: runs in `workload`. */
export function proberHandlers(): Handlers<ProberProtocol> {
  const held = new Map<number, { session: Session; rounds: number }>();
  let next = 1;
  return {
    probe: async (probe) => {
      const { session, observed } = await open(probe);
      session?.close();
      return observed;
    },
    hold: async (probe) => {
      const { session, observed } = await open(probe);
      const id = next++;
      if (session !== undefined) held.set(id, { session, rounds: 1 });
      return { id, observed };
    },
    exercise: async ({ id, waitMs }) => {
      const one = held.get(id);
      if (one === undefined) throw new Error(`no connection ${id} is kept`);
      return one.session.speak(waitMs, one.rounds++);
    },
    ends: () =>
      [...held].flatMap(([id, { session }]) =>
        session.line.end === undefined ? [] : [[id, session.line.end] as const],
      ),
    release: (ids) => {
      for (const id of ids) {
        held.get(id)?.session.close();
        held.delete(id);
      }
      return null;
    },
    udp: sendUdp,
    identity: () => ({ uid: process.getuid?.() ?? -1, capabilities: effectiveCapabilities() }),
  };
}

/** Root's rights are gone for good with the last of these. */
export function becomeWorkload(uid: number): void {
  process.setgroups?.([]);
  process.setgid?.(uid);
  process.setuid?.(uid);
}

async function open(probe: Probe): Promise<{ session?: Session; observed: Observed }> {
  const { to, waitMs = DEFAULT_WAIT_MS, silentMs = 0 } = probe;
  const line = await openLine(to, waitMs, probe);
  if (!("socket" in line)) return { observed: { answer: line.answer, exchanges: [line] } };
  const session = sessionOf(line, probe);
  if (silentMs > 0) await Promise.race([sleep(silentMs), line.ended]);
  const exchanges = await session.speak(waitMs, 0);
  const answer = exchanges.find((exchange) => exchange.answer !== "pass")?.answer ?? "pass";
  const { connectedAfterMs, local, end } = line;
  return { session, observed: { answer, connectedAfterMs, local, exchanges, ...(end === undefined ? {} : { end }) } };
}

function sessionOf(line: Line, { speech, pieces }: Probe): Session {
  switch (speech.kind) {
    case "bytes":
      return bytesSession(line, speech, pieces);
    case "hello":
      return helloSession(line, speech, pieces);
    case "tls":
      return tlsSession(line, speech);
    case "http1":
      return http1Session(line, speech, pieces);
    case "http2":
      return http2Session(line, speech);
    case "websocket":
      return websocketSession(line, speech, pieces);
  }
}

function sendUdp({ ip, port, text }: ProberProtocol["udp"]["args"]): Promise<UdpOutcome> {
  return new Promise((resolve) => {
    const socket = createSocket(ip.includes(":") ? "udp6" : "udp4");
    const done = (error: NodeJS.ErrnoException | null): void => {
      socket.close();
      resolve(error === null ? { sent: true } : { sent: false, code: error.code ?? error.message });
    };
    socket.on("error", done);
    socket.send(text, port, ip, done);
  });
}

const effectiveCapabilities = (): string =>
  /^CapEff:\s*(\w+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
