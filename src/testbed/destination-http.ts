import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer as createServer2,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Duplex } from "node:stream";
import { ARRIVED, type ConnectionRecord, type RequestRecord } from "./record.ts";
import { acceptKey, CLOSE, decodeFrame, encodeFrame } from "./websocket.ts";

/** Takes over a connection that turned out to be HTTP; what was read from it has been put back. */
export interface HttpAnswerer {
  http1(stream: Duplex, record: ConnectionRecord): void;
  http2(stream: Duplex, record: ConnectionRecord): void;
}

const MARK = { [ARRIVED]: "arrived" };
const LARGE_HEADERS = { maxHeaderSize: 1 << 20, requireHostHeader: false };

/**
 * The destinations' HTTP side; tells of each connection that has a new request. Answers 200 and a JSON text that says what arrived; the path may ask for something
 * else: `/status/404`, `/delay/500` (ms), `/bytes/1000`, `/stream` (a line every 100 ms, without end).
 */
export function httpAnswerer(active: (record: ConnectionRecord) => void): HttpAnswerer {
  const records = new WeakMap<object, ConnectionRecord>();
  const note: Note = (connection, request) => {
    const record = connection === undefined ? undefined : records.get(connection);
    record?.requests.push(request);
    if (record !== undefined) active(record);
    return request;
  };
  return { http1: http1Side(records, note), http2: http2Side(records, note) };
}

/** Writes a request down as one of the connection that it came on. */
type Note = (connection: object | undefined, request: RequestRecord) => RequestRecord;

function http1Side(records: WeakMap<object, ConnectionRecord>, note: Note): HttpAnswerer["http1"] {
  const server = createServer(LARGE_HEADERS);
  Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0, timeout: 0 });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const noted = note(request.socket, http1Record(request));
    request.on("data", (chunk: Buffer) => {
      noted.bodyBytes += chunk.length;
    });
    request.on("end", () => {
      noted.trailers = pairs(request.rawTrailers);
      void answer(noted, (status, headers) => response.writeHead(status, { ...MARK, ...headers }), response);
    });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    note(socket, http1Record(request));
    const key = acceptKey(request.headers["sec-websocket-key"] ?? "");
    const upgraded = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}`;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${ARRIVED}: arrived\r\n${upgraded}\r\n\r\n`);
    echoFrames(socket, head);
  });
  server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    note(socket, http1Record(request));
    socket.on("error", () => undefined);
    socket.write(`HTTP/1.1 200 OK\r\n${ARRIVED}: arrived\r\n\r\n`);
    socket.write(head);
    socket.pipe(socket);
  });
  server.on("clientError", (_error, socket: Duplex) => socket.destroy());
  return (stream, record) => {
    records.set(stream, record);
    server.emit("connection", stream);
    stream.resume(); // it was paused while what it speaks was found out
  };
}

function http1Record(request: IncomingMessage): RequestRecord {
  return {
    version: request.httpVersion === "1.0" ? "1.0" : "1.1",
    method: request.method ?? "",
    target: request.url ?? "",
    headers: pairs(request.rawHeaders),
    isGrpc: isGrpc(request.headers["content-type"]),
    bodyBytes: 0,
    trailers: [],
  };
}

function http2Side(records: WeakMap<object, ConnectionRecord>, note: Note): HttpAnswerer["http2"] {
  const server = createServer2({ settings: { enableConnectProtocol: true } });
  let accepted: ConnectionRecord | undefined; // `session` is emitted while `connection` is
  server.on("session", (session: ServerHttp2Session) => {
    if (accepted !== undefined) records.set(session, accepted);
    session.on("error", () => undefined);
  });
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags, rawHeaders: string[]) => {
    stream.on("error", () => undefined);
    answerStream(stream, headers, note(stream.session, http2Record(headers, rawHeaders)));
  });
  return (stream, record) => {
    accepted = record;
    server.emit("connection", stream);
    accepted = undefined;
  };
}

function http2Record(headers: IncomingHttpHeaders, raw: readonly string[]): RequestRecord {
  return {
    version: "2",
    method: String(headers[":method"] ?? ""),
    target: String(headers[":path"] ?? ""),
    headers: pairs(raw),
    isGrpc: isGrpc(headers["content-type"]),
    bodyBytes: 0,
    trailers: [],
  };
}

function answerStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, noted: RequestRecord): void {
  if (headers[":protocol"] === "websocket") {
    stream.respond({ ":status": 200, ...MARK });
    echoFrames(stream, Buffer.alloc(0));
    return;
  }
  stream.on("data", (chunk: Buffer) => {
    noted.bodyBytes += chunk.length;
  });
  stream.on("trailers", (trailers: IncomingHttpHeaders) => {
    noted.trailers = Object.entries(trailers).map(([name, value]) => [name, String(value)] as const);
  });
  stream.on("end", () => {
    if (noted.isGrpc && noted.target !== "/stream") answerGrpc(stream);
    else void answer(noted, (status, extra) => stream.respond({ ":status": status, ...MARK, ...extra }), stream);
  });
}

function answerGrpc(stream: ServerHttp2Stream): void {
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.respond({ ":status": 200, "content-type": "application/grpc", ...MARK }, { waitForTrailers: true });
  stream.end(Buffer.alloc(5)); // one empty message
}

type Head = (status: number, headers: Readonly<Record<string, string>>) => unknown;

async function answer(noted: RequestRecord, head: Head, body: NodeJS.WritableStream): Promise<void> {
  const [, what = "", argument = ""] = noted.target.split("?")[0]?.split("/") ?? [];
  const number = Number(argument) || 0;
  if (what === "delay") await new Promise((resolve) => setTimeout(resolve, number));
  const type = { "content-type": what === "bytes" || what === "stream" ? "text/plain" : "application/json" };
  head(what === "status" ? number : 200, type);
  if (what === "stream") return streamLines(body);
  if (what === "bytes") return void body.end(Buffer.alloc(number, "x"));
  body.end(noted.method === "HEAD" ? "" : `${JSON.stringify({ arrived: noted })}\n`);
}

function streamLines(body: NodeJS.WritableStream): void {
  const timer = setInterval(() => body.write("tick\n"), 100);
  body.on("close", () => clearInterval(timer));
}

function echoFrames(stream: Duplex, head: Buffer): void {
  let pending = head;
  const echo = (): void => {
    for (let next = decodeFrame(pending); next !== undefined; next = decodeFrame(pending)) {
      pending = next.rest;
      stream.write(encodeFrame(next.frame.opcode, next.frame.payload, false));
      if (next.frame.opcode === CLOSE) stream.end();
    }
  };
  stream.on("error", () => undefined);
  stream.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    echo();
  });
  echo();
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? "", raw[2 * i + 1] ?? ""] as const);
}

const isGrpc = (contentType: string | undefined): boolean => /^application\/grpc(?:[+;].*)?$/.test(contentType ?? "");
