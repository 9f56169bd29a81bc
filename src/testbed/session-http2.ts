import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { endOf, type Line } from "./line.ts";
import type { Exchange, HeaderList, Http2Request } from "./probe.ts";
import { answerOf, type Session, type SpeechOf, silence } from "./session.ts";
import { grpcOf } from "./session-http1.ts";

/** HTTP/2 with prior knowledge: requests one after the other or all at once. */
export function http2Session(line: Line, speech: SpeechOf<"http2">): Session {
  let session: Connected | undefined;
  const speak: Session["speak"] = async (waitMs) => {
    session ??= sessionOn(line);
    const open = session;
    const results: Exchange[] = [];
    if (speech.together) return Promise.all(speech.requests.map((request) => exchange(line, open, request, waitMs)));
    for (const request of speech.requests) results.push(await exchange(line, open, request, waitMs));
    return results;
  };
  return { line, speak, close: () => (session === undefined ? line.socket.destroy() : session.http2.destroy()) };
}

interface Connected {
  readonly http2: ClientHttp2Session;
  /** Whether the other side takes extended CONNECT; known once its settings came. False if they never do. */
  readonly takesProtocols: Promise<boolean>;
}

function sessionOn(line: Line): Connected {
  const session = connect("http://authority-of-each-request", { createConnection: () => line.socket });
  session.on("error", (error: NodeJS.ErrnoException) => line.noteEnd(endOf(error), error.code));
  session.on("close", () => line.noteEnd("close"));
  const takesProtocols = new Promise<boolean>((resolve) => {
    session.once("remoteSettings", ({ enableConnectProtocol }) => resolve(enableConnectProtocol === true));
    session.once("close", () => resolve(false));
  });
  return { http2: session, takesProtocols };
}

async function exchange(line: Line, session: Connected, request: Http2Request, waitMs: number): Promise<Exchange> {
  const began = performance.now();
  const since = (): number => performance.now() - began;
  if (request.protocol !== undefined) {
    const takes = await Promise.race([session.takesProtocols, sleep(waitMs, undefined, { ref: false })]);
    if (takes === false && line.end === undefined)
      return { answer: "other", ms: since(), detail: "no extended CONNECT here" };
    if (takes !== true) return silence(line, since());
  }
  if (session.http2.destroyed || session.http2.closed) return silence(line, 0);
  const seen = await send(session.http2, request, waitMs);
  const { status, headers, body, resetCode } = seen;
  if (status !== undefined) {
    const grpc = grpcOf([...headers, ...seen.trailers]);
    return { answer: answerOf(status, headers, grpc.grpcStatus), ms: since(), status, headers, body, ...grpc };
  }
  await settled(line); // an error of the stream may come before the one of its connection
  if (line.end === undefined && resetCode !== undefined)
    return { answer: "stream-reset", ms: since(), detail: `code ${resetCode}` };
  return silence(line, since());
}

interface Seen {
  readonly status: number | undefined;
  readonly headers: HeaderList;
  readonly trailers: HeaderList;
  readonly body: string;
  readonly resetCode: number | undefined;
}

function send(session: ClientHttp2Session, request: Http2Request, waitMs: number): Promise<Seen> {
  return new Promise((resolve) => {
    const stream = session.request(headersOf(request), {
      endStream: request.body === undefined && request.protocol === undefined,
    });
    const chunks: Buffer[] = [];
    let status: number | undefined;
    let [headers, trailers]: [HeaderList, HeaderList] = [[], []];
    let resetCode: number | undefined;
    const done = (): void => {
      clearTimeout(timer);
      resolve({ status, headers, trailers, body: Buffer.concat(chunks).toString("latin1"), resetCode });
    };
    const timer = setTimeout(done, waitMs);
    stream.on("response", (fields, _flags, raw: string[] = []) => {
      status = Number(fields[":status"]);
      headers = pairs(raw);
      if (request.protocol !== undefined && status === 200) done(); // a tunnel goes on
    });
    stream.on("trailers", (_fields, _flags, raw: string[] = []) => {
      trailers = pairs(raw);
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => undefined);
    stream.on("close", () => {
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) resetCode = stream.rstCode;
      done();
    });
    if (request.body !== undefined) stream.end(request.body);
  });
}

function headersOf(request: Http2Request): OutgoingHttpHeaders {
  const { protocol, authority } = request;
  const method = request.method ?? (protocol === undefined ? "GET" : "CONNECT");
  // A plain CONNECT has neither scheme nor path; an extended one has both (RFC 8441).
  const isPlainConnect = method === "CONNECT" && protocol === undefined;
  const headers: OutgoingHttpHeaders = {
    ":method": method,
    ":authority": authority,
    ...(isPlainConnect ? {} : { ":path": request.target ?? "/", ":scheme": "http" }),
    ...(protocol === undefined ? {} : { ":protocol": protocol }),
  };
  for (const [name, value] of request.headers ?? []) headers[name] = value;
  return headers;
}

const settled = (line: Line): Promise<void> => Promise.race([line.ended, sleep(20)]);

function pairs(raw: readonly string[]): HeaderList {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? "", raw[2 * i + 1] ?? ""] as const);
}
