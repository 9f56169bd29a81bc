/**
 * Both ends of the traffic, each a process in its namespace.
 *   sink PORT…   answers whatever comes on a connection, and keeps nothing of it
 *   client       reads a {@link Request} a line, prints what became of it a line
 */
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Held, Load, Rate, Request, Target } from "./traffic.ts";

const HTTP_PORT = 80;
const HTTP_ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const PATIENCE_MS = 10_000;

async function sink(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on("data", () => socket.write(port === HTTP_PORT ? HTTP_ANSWER : "!"));
      socket.on("end", () => socket.destroy());
      socket.on("error", () => socket.destroy());
    });
    await new Promise<void>((listening) => server.listen({ port, host: "::", backlog: 4096 }, listening));
  }
  process.stdout.write("ready\n");
}

/** As many connections one after the other as fit into the time, or as many as are asked for, `parallel` at a time. */
async function load({ target, parallel, count, forMs = 0, perSecond, distinct }: Load): Promise<Rate> {
  const payload = Buffer.from(target.bytes, "latin1");
  const latencies: number[] = [];
  let [begun, failed] = [0, 0];
  const started = performance.now();
  const isOver = (): boolean => (count === undefined ? performance.now() - started >= forMs : begun >= count);
  const client = async (): Promise<void> => {
    while (!isOver()) {
      const early = perSecond === undefined ? 0 : (1_000 * begun) / perSecond - (performance.now() - started);
      if (early > 0) {
        await sleep(early);
        continue;
      }
      const ip = distinct === undefined ? target.ip : nth(target.ip, distinct + begun);
      begun++;
      const ms = await once(ip, target.port, payload);
      if (ms === undefined) failed++;
      else latencies.push(ms);
    }
  };
  await Promise.all(Array.from({ length: parallel }, client));
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { answered: latencies.length, failed, perSecond: begun / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** From `connect` to the first byte of the answer, ms; undefined where none came. */
function once(host: string, port: number, payload: Buffer): Promise<number | undefined> {
  return new Promise((resolve) => {
    const started = performance.now();
    const socket = connect({ host, port, noDelay: true });
    const done = (ms: number | undefined): void => {
      socket.resetAndDestroy(); // leaves no socket in TIME_WAIT, of which there would be too many
      resolve(ms);
    };
    socket.setTimeout(PATIENCE_MS, () => done(undefined));
    socket.once("connect", () => socket.write(payload));
    socket.once("data", () => done(performance.now() - started));
    socket.once("error", () => done(undefined));
    socket.once("end", () => done(undefined));
  });
}

const kept: { readonly socket: Socket; readonly payload: Buffer }[] = [];

/** Connections that stay open; resolves when each has had an answer. */
async function hold(target: Target, count: number): Promise<Held> {
  const payload = Buffer.from(target.bytes, "latin1");
  const opened = Array.from({ length: count }, async () => {
    const socket = connect({ host: target.ip, port: target.port, noDelay: true });
    socket.on("error", () => undefined);
    socket.on("end", () => socket.destroy());
    kept.push({ socket, payload });
    return answers(socket, payload);
  });
  return held(await Promise.all(opened));
}

/** Says everything again on those that are open. */
const exercise = async (): Promise<Held> =>
  held(await Promise.all(kept.map(({ socket, payload }) => answers(socket, payload))));

const held = (alive: readonly boolean[]): Held => ({
  alive: alive.filter((one) => one).length,
  dead: alive.filter((one) => !one).length,
});

function answers(socket: Socket, payload: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve(false);
    const timer = setTimeout(() => resolve(false), PATIENCE_MS);
    const done = (isAlive: boolean) => () => {
      clearTimeout(timer);
      resolve(isAlive);
    };
    socket.once("data", done(true));
    socket.once("close", done(false));
    socket.write(payload);
  });
}

/** The IPv4 address so many after the given one. */
function nth(ip: string, n: number): string {
  const value = ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

function answerTo(request: Request): Promise<Rate | Held> {
  if (request.kind === "load") return load(request);
  return request.kind === "hold" ? hold(request.target, request.count) : exercise();
}

const [mode, ...ports] = process.argv.slice(2);
if (mode === "sink") await sink(ports.map(Number));
else
  for await (const line of createInterface({ input: process.stdin }))
    process.stdout.write(`${JSON.stringify(await answerTo(JSON.parse(line)))}\n`);
