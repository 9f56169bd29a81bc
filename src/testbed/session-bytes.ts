import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { makeClientHello } from "./client-hello.ts";
import { endOf, type Incoming, incoming, type Line } from "./line.ts";
import type { Answer, Exchange, Probe } from "./probe.ts";
import { type Session, type SpeechOf, silence } from "./session.ts";

/** Bytes as they stand, and what comes back. */
export function bytesSession(line: Line, speech: SpeechOf<"bytes">, pieces: Probe["pieces"]): Session {
  const from = incoming(line.socket);
  const speak: Session["speak"] = async (waitMs, round) => {
    const send = round === 0 || speech.send === "" ? speech.send : `round ${round}\n`;
    return [await echo(line, line.socket, from, Buffer.from(send, "latin1"), waitMs, round === 0 ? pieces : undefined)];
  };
  return { line, speak, close: () => line.socket.destroy() };
}

/** A hand-made ClientHello: whatever comes back came from a TLS server. */
export function helloSession(line: Line, speech: SpeechOf<"hello">, pieces: Probe["pieces"]): Session {
  const from = incoming(line.socket);
  const speak: Session["speak"] = async (waitMs) => [
    await echo(line, line.socket, from, makeClientHello(speech.hello), waitMs, pieces),
  ];
  return { line, speak, close: () => line.socket.destroy() };
}

/** A real TLS connection, with an echo inside. */
export function tlsSession(line: Line, speech: SpeechOf<"tls">): Session {
  let secured: { readonly stream: Duplex; readonly from: Incoming } | undefined;
  const speak: Session["speak"] = async (waitMs, round) => {
    const began = performance.now();
    secured ??= await handshake(line, speech, waitMs);
    if (secured === undefined) return [silence(line, performance.now() - began)];
    const answered = await echo(line, secured.stream, secured.from, Buffer.from(`round ${round}\n`), waitMs, undefined);
    return [{ ...answered, ms: performance.now() - began }];
  };
  return { line, speak, close: () => line.socket.destroy() };
}

function handshake(
  line: Line,
  { serverName }: SpeechOf<"tls">,
  waitMs: number,
): Promise<{ stream: Duplex; from: Incoming } | undefined> {
  return new Promise((resolve) => {
    const name = serverName === undefined ? {} : { servername: serverName };
    const stream = connectTls({ socket: line.socket, rejectUnauthorized: false, ...name });
    const timer = setTimeout(() => resolve(undefined), waitMs);
    const over = (): void => {
      clearTimeout(timer);
      resolve(undefined);
    };
    stream.on("error", (error: NodeJS.ErrnoException) => {
      line.noteEnd(endOf(error), error.code);
      over();
    });
    stream.on("end", () => line.noteEnd("close"));
    stream.on("close", over);
    stream.on("secureConnect", () => {
      clearTimeout(timer);
      resolve({ stream, from: incoming(stream) });
    });
  });
}

async function echo(
  line: Line,
  stream: Duplex,
  from: Incoming,
  send: Buffer,
  waitMs: number,
  pieces: Probe["pieces"],
): Promise<Exchange> {
  const began = performance.now();
  await write(line, stream, send, pieces);
  const deadline = performance.now() + waitMs;
  const enough = Math.max(1, send.length); // an echo comes back whole; a banner is over when it pauses
  while (from.bytes.length < enough) {
    const grew = await from.more(from.bytes.length === 0 ? deadline : Math.min(deadline, performance.now() + 100));
    if (!grew) break;
  }
  const ms = performance.now() - began;
  if (from.bytes.length === 0) {
    if (line.end === undefined && stream.destroyed) await line.ended;
    return silence(line, ms);
  }
  const received = from.take(from.bytes.length).toString("latin1");
  return { answer: answerOfBytes(received), ms, received: received.slice(0, 400) };
}

/** The proxy's HTTP side answers garbage in HTTP; an echo never does, since nothing that is sent looks like that. */
function answerOfBytes(received: string): Answer {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(received)?.[1];
  if (status === undefined) return "pass";
  if (/\r\nx-testbed:/i.test(received)) return "pass";
  if (status === "503") return /\r\nx-sallyport: denied\r\n/i.test(received) ? "503" : "unavailable";
  return status === "400" || status === "403" || status === "404" || status === "408" || status === "431"
    ? status
    : "other";
}

/** Writes at once or in pieces; stops where the connection has ended. */
export async function write(line: Line, stream: Duplex, bytes: Buffer, pieces: Probe["pieces"]): Promise<void> {
  const size = pieces?.bytes ?? bytes.length;
  for (let at = 0; at < bytes.length && line.end === undefined && stream.writable; at += size) {
    if (at > 0) await sleep(pieces?.everyMs);
    if (stream.writable) stream.write(bytes.subarray(at, at + size));
  }
}
