/**
 * Run in the testbed by hostile.test.ts: makes connections that no library makes. One JSON line in, one out for each,
 * in whatever order they end.
 */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** Bytes are latin1: one character a byte. */
export type Step =
  /** `times`: over and over, as fast as the other side takes it. */
  | { readonly send: string; readonly times?: number }
  /** In pieces of so many bytes, with pauses between. */
  | { readonly send: string; readonly bytes: number; readonly everyMs: number }
  | { readonly pauseMs: number }
  /** Read nothing from here on, or again. */
  | { readonly deaf: boolean }
  | { readonly end: true };

export interface Attack {
  readonly to: { readonly ip: string; readonly port: number };
  readonly steps: readonly Step[];
  /** After the last step: this long without an end is `held`. */
  readonly waitMs: number;
  /** What comes back is no end: wait for that. */
  readonly isPatient?: boolean;
  /** Local ports, one for each connection. */
  readonly fromPort?: number;
  /** So many at a time, each the same; the answer is that of all together. */
  readonly count?: number;
  /** Leave them open, until `release`. */
  readonly keep?: boolean;
}

export interface Seen {
  /** `connecting`: no answer to the SYN within `waitMs`. */
  readonly end: "reset" | "close" | "held" | "refused" | "connecting";
  /** The first 16 KiB that came back, latin1. */
  readonly received: string;
  readonly ms: number;
}

export type Command =
  | { readonly id: number; readonly attack: Attack }
  | { readonly id: number; readonly release: true };

const MOST_KEPT = 16_384;
/** After an answer, this long without more of it is its end. */
const QUIET_MS = 300;

const kept: Socket[] = [];

async function attackOnce({ to, steps, waitMs, keep, isPatient = false }: Attack, localPort?: number): Promise<Seen> {
  const started = performance.now();
  const socket = connect({ host: to.ip, port: to.port, ...(localPort !== undefined && { localPort }), noDelay: true });
  if (keep === true) kept.push(socket);
  let end: Seen["end"] | undefined;
  let [received, connected, heardAt] = ["", false, 0];
  const over = new Promise<void>((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => {
      end ??= error.code === "ECONNREFUSED" ? "refused" : "reset";
      resolve();
    });
    socket.on("end", () => {
      end ??= "close";
      resolve();
    });
    socket.on("close", () => resolve());
  });
  socket.on("connect", () => (connected = true));
  socket.on("data", (data) => {
    heardAt = performance.now();
    if (received.length < MOST_KEPT) received += data.toString("latin1");
  });
  for (const step of steps) {
    if (end !== undefined) break;
    await Promise.race([take(socket, step), over]);
  }
  for (const until = performance.now() + waitMs; end === undefined && performance.now() < until; ) {
    if (!isPatient && heardAt > 0 && performance.now() - heardAt > QUIET_MS) break;
    await Promise.race([sleep(20), over]);
  }
  if (keep !== true) socket.destroy();
  return { end: end ?? (connected ? "held" : "connecting"), received, ms: Math.round(performance.now() - started) };
}

async function take(socket: Socket, step: Step): Promise<void> {
  if ("pauseMs" in step) return sleep(step.pauseMs);
  if ("deaf" in step) return void (step.deaf ? socket.pause() : socket.resume());
  if ("end" in step) return void socket.end();
  const bytes = Buffer.from(step.send, "latin1");
  if ("everyMs" in step) {
    for (let at = 0; at < bytes.length && !socket.destroyed; at += step.bytes) {
      socket.write(bytes.subarray(at, at + step.bytes));
      await sleep(step.everyMs);
    }
    return;
  }
  for (let left = step.times ?? 1; left > 0 && !socket.destroyed; left--) {
    const isTaken = socket.write(bytes);
    if (isTaken || socket.isPaused()) continue; // who reads nothing does not wait either
    await new Promise<void>((resolve) => void socket.once("drain", resolve).once("close", resolve));
  }
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const command: Command = JSON.parse(line);
  let seen: readonly Seen[] = [];
  if ("release" in command) for (const socket of kept.splice(0)) socket.destroy();
  else {
    const { count = 1, fromPort } = command.attack;
    const ports = Array.from({ length: count }, (_, i) => (fromPort === undefined ? undefined : fromPort + i));
    seen = await Promise.all(ports.map((port) => attackOnce(command.attack, port)));
  }
  process.stdout.write(`${JSON.stringify({ id: command.id, seen })}\n`);
});
