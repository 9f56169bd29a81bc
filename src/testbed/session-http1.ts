import { readResponse } from "./http1-response.ts";
import { type Incoming, incoming, type Line } from "./line.ts";
import type { Exchange, HeaderList, Http1Request, Probe } from "./probe.ts";
import { answerOf, type Session, type SpeechOf, silence } from "./session.ts";
import { write } from "./session-bytes.ts";
import { decodeFrame, encodeFrame, newKey, TEXT } from "./websocket.ts";

/** HTTP/1 requests as they stand, on one connection. */
export function http1Session(line: Line, speech: SpeechOf<"http1">, pieces: Probe["pieces"]): Session {
  const from = incoming(line.socket);
  const speak: Session["speak"] = async (waitMs) => {
    const exchanges: Exchange[] = [];
    if (speech.pipelined) await write(line, line.socket, Buffer.concat(speech.requests.map(requestBytes)), pieces);
    for (const request of speech.requests) {
      const began = performance.now();
      if (!speech.pipelined) await write(line, line.socket, requestBytes(request), pieces);
      exchanges.push(await exchange(line, from, request.method ?? "GET", began, waitMs));
    }
    return exchanges;
  };
  return { line, speak, close: () => line.socket.destroy() };
}

async function exchange(line: Line, from: Incoming, method: string, began: number, waitMs: number): Promise<Exchange> {
  const response = await readResponse(from, method, performance.now() + waitMs);
  const ms = performance.now() - began;
  if (response === undefined) {
    const received = from.bytes.toString("latin1", 0, 400);
    return received === "" ? silence(line, ms) : { answer: "other", ms, received, detail: "no HTTP answer" };
  }
  const { status, headers, body } = response;
  const grpc = grpcOf(headers);
  return { answer: answerOf(status, headers, grpc.grpcStatus), ms, status, headers, body, ...grpc };
}

/** gRPC's outcome where a list of headers or trailers has it. */
export function grpcOf(headers: HeaderList): Pick<Exchange, "grpcStatus" | "grpcMessage"> {
  const value = (name: string): string | undefined => headers.find(([n]) => n.toLowerCase() === name)?.[1];
  const [status, message] = [value("grpc-status"), value("grpc-message")];
  return {
    ...(status === undefined ? {} : { grpcStatus: Number(status) }),
    ...(message === undefined ? {} : { grpcMessage: message }),
  };
}

function requestBytes(request: Http1Request): Buffer {
  const { version, method = "GET", target = "/", headers, body = "", chunked } = request;
  const head = [`${method} ${target} HTTP/${version}`, ...headers.map(([name, value]) => `${name}: ${value}`), "", ""];
  const sent = chunked ? `${body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n` : body;
  return Buffer.from(head.join("\r\n") + sent, "latin1");
}

/** A WebSocket: the upgrade in the first round, an echo of one frame in each. */
export function websocketSession(line: Line, speech: SpeechOf<"websocket">, pieces: Probe["pieces"]): Session {
  const from = incoming(line.socket);
  const upgrade: Http1Request = {
    version: "1.1",
    target: speech.target ?? "/",
    headers: [
      ...speech.headers,
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Key", newKey()],
    ],
  };
  const speak: Session["speak"] = async (waitMs, round) => {
    const began = performance.now();
    if (round === 0) {
      await write(line, line.socket, requestBytes(upgrade), pieces);
      const upgraded = await exchange(line, from, "GET", began, waitMs);
      if (upgraded.status !== 101) return [upgraded];
    }
    return [await echoFrame(line, from, `round ${round}`, waitMs)];
  };
  return { line, speak, close: () => line.socket.destroy() };
}

async function echoFrame(line: Line, from: Incoming, text: string, waitMs: number): Promise<Exchange> {
  const began = performance.now();
  await write(line, line.socket, encodeFrame(TEXT, Buffer.from(text), true), undefined);
  for (;;) {
    const decoded = decodeFrame(from.bytes);
    if (decoded !== undefined) {
      from.take(from.bytes.length - decoded.rest.length);
      const received = decoded.frame.payload.toString("latin1");
      const ms = performance.now() - began;
      return received === text
        ? { answer: "pass", ms }
        : { answer: "other", ms, received, detail: "not what was sent" };
    }
    if (!(await from.more(began + waitMs))) return silence(line, performance.now() - began);
  }
}
