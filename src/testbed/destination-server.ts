import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import { makeCertificate } from "./certificate.ts";
import { readClientHello } from "./client-hello.ts";
import { type HttpAnswerer, httpAnswerer } from "./destination-http.ts";
import { type Behaviour, type ConnectionRecord, endpoint } from "./record.ts";

/** Serves ports on every address of its network namespace, and writes down what comes in. */
export interface DestinationServer {
  /** Serves a port on all addresses, or changes how it behaves: everywhere, or at one address. */
  listen(port: number, behaviour: Behaviour, ip?: string): Promise<void>;
  /** Connections that were made, or had a request, since `forget`. */
  records(): ConnectionRecord[];
  forget(): void;
}

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const UNDECIDED_MS = 200; // what has not told by then what it is, is echoed

export function destinationServer(): DestinationServer {
  const secureContext = createSecureContext(makeCertificate("sallyport testbed"));
  const records = new Set<ConnectionRecord>();
  const http = httpAnswerer((record) => records.add(record));
  const behaviours = new Map<string, Behaviour>();
  const servers = new Map<number, Server>();

  const accept = (socket: Socket): void => {
    const record = recordOf(socket, records);
    const { ip, port } = record.destination;
    const behaviour = behaviours.get(key(port, ip)) ?? behaviours.get(key(port)) ?? { kind: "detect" };
    if (behaviour.kind === "banner") {
      socket.write(behaviour.text);
      socket.once("data", () => note(record, "opaque"));
      socket.on("data", (chunk) => socket.write(chunk));
    } else if (behaviour.kind === "silent") {
      socket.resume();
    } else if (behaviour.kind === "dead") {
      socket.resetAndDestroy(); // only where the kernel's rules did not refuse it first
    } else {
      detect(socket, (bytes) => {
        if (bytes[0] !== 22) return speak(socket, bytes, record, http);
        note(record, "tls");
        const hello = readClientHello(bytes);
        if (hello.kind === "hello" && hello.serverName !== undefined) record.serverName = hello.serverName;
        const secure = new TLSSocket(socket, { isServer: true, secureContext });
        secure.on("error", (error: NodeJS.ErrnoException) => {
          if (error.syscall === "read") record.ended = "reset"; // else the handshake failed
        });
        detect(secure, (inner) => speak(secure, inner, record, http));
      });
    }
  };

  return {
    records: () => [...records],
    forget: () => {
      for (const record of records) record.requests.length = 0;
      records.clear();
    },
    listen: async (port, behaviour, ip) => {
      behaviours.set(key(port, ip), behaviour);
      if (servers.has(port)) return;
      const server = createServer({ noDelay: true }, accept);
      servers.set(port, server);
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ port, backlog: 1024 }, resolve);
      });
    },
  };
}

const key = (port: number, ip = "*"): string => `${port} ${ip}`;

function recordOf(socket: Socket, records: Set<ConnectionRecord>): ConnectionRecord {
  const record: ConnectionRecord = {
    destination: endpoint(socket.localAddress, socket.localPort),
    source: endpoint(socket.remoteAddress, socket.remotePort),
    spoken: "nothing yet",
    requests: [],
    get bytes() {
      return socket.bytesRead;
    },
    start: "",
  };
  records.add(record);
  socket.on("error", () => {
    record.ended = "reset";
  });
  socket.on("close", () => {
    record.ended ??= "close";
  });
  return record;
}

/** Waits until the first bytes tell what they are, puts them back, and hands them over. */
function detect(stream: Duplex, decided: (bytes: Buffer) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;
  const decide = (): void => {
    clearTimeout(timer);
    stream.off("data", look);
    stream.pause();
    stream.unshift(seen);
    decided(seen);
  };
  const look = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    if (isTelling(seen)) decide();
    else timer ??= setTimeout(decide, UNDECIDED_MS);
  };
  stream.on("data", look);
  stream.on("close", () => clearTimeout(timer));
}

function isTelling(bytes: Buffer): boolean {
  if (bytes[0] === 22) return readClientHello(bytes).kind !== "incomplete";
  if (PREFACE.subarray(0, bytes.length).equals(bytes)) return bytes.length === PREFACE.length;
  if (isPreface(bytes)) return true;
  const mayBeHttp = /^[A-Z-]{1,20}(?: [^\r\n]*)?\r?$/.test(bytes.toString("latin1"));
  return !mayBeHttp;
}

const isPreface = (bytes: Buffer): boolean => bytes.subarray(0, PREFACE.length).equals(PREFACE);

function speak(stream: Duplex, bytes: Buffer, record: ConnectionRecord, http: HttpAnswerer): void {
  record.start ||= bytes.toString("latin1", 0, 64);
  if (isPreface(bytes)) {
    note(record, "http2");
    http.http2(stream, record);
  } else if (/^[!-~]+ [^\r\n]* HTTP\/1\.[01]\r?\n/.test(bytes.toString("latin1"))) {
    note(record, "http1");
    http.http1(stream, record);
  } else {
    note(record, "opaque");
    stream.on("data", (chunk: Buffer) => stream.write(chunk));
    stream.resume();
  }
}

/** What is spoken inside of TLS stays TLS. */
function note(record: ConnectionRecord, spoken: ConnectionRecord["spoken"]): void {
  if (record.spoken === "nothing yet") record.spoken = spoken;
}
