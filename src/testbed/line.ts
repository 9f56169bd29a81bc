import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Answer, End, Exchange } from "./probe.ts";
import { type Endpoint, endpoint } from "./record.ts";

/** One connection as the prober holds it: what came in and was not taken yet, and how it ended. */
export interface Line {
  readonly socket: Socket;
  readonly connectedAfterMs: number;
  readonly local: Endpoint;
  readonly end: End | undefined;
  /** Notes what ends the connection, for layers (TLS, HTTP/2) that take the socket's events for themselves. */
  noteEnd(how: End["how"], detail?: string): void;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
}

/** No connection, as an answer. */
export type NoConnection = Pick<Exchange, "answer" | "detail" | "ms">;

/** Connects; resolves with the answer where that fails. */
export function openLine(
  to: Endpoint,
  waitMs: number,
  { from, fromPort }: { readonly from?: string; readonly fromPort?: number } = {},
): Promise<Line | NoConnection> {
  const began = performance.now();
  const since = (): number => performance.now() - began;
  return new Promise((resolve) => {
    const socket = connect({
      host: to.ip,
      port: to.port,
      noDelay: true,
      ...(from === undefined ? {} : { localAddress: from }),
      ...(fromPort === undefined ? {} : { localPort: fromPort }),
    });
    const timer = setTimeout(() => {
      socket.destroy();
      resolve({ answer: "no-connection", ms: since() });
    }, waitMs);
    socket.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({ answer: failure(error.code), detail: error.code ?? error.message, ms: since() });
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(lineOf(socket, since()));
    });
  });
}

function lineOf(socket: Socket, connectedAfterMs: number): Line {
  const connected = performance.now();
  let end: End | undefined;
  let tell = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const noteEnd: Line["noteEnd"] = (how, detail) => {
    end ??= { how, afterMs: performance.now() - connected, ...(detail === undefined ? {} : { detail }) };
    tell();
  };
  socket.on("error", (error: NodeJS.ErrnoException) => noteEnd(endOf(error), error.code));
  socket.on("end", () => noteEnd("close"));
  socket.on("close", () => noteEnd("close"));
  return {
    socket,
    connectedAfterMs,
    local: endpoint(socket.localAddress, socket.localPort),
    get end() {
      return end;
    },
    noteEnd,
    ended,
  };
}

function failure(code: string | undefined): Answer {
  if (code === "ECONNREFUSED") return "refused";
  if (code === "ECONNRESET") return "reset";
  return code === "ETIMEDOUT" ? "no-connection" : "unreachable";
}

/** Node reports an end of stream in the middle of a TLS handshake as ECONNRESET too; only a real one has a syscall. */
export function endOf(error: NodeJS.ErrnoException): End["how"] {
  return error.syscall !== undefined && error.code !== "EPIPE" ? "reset" : "close";
}

/** What is read from a stream, piece by piece. */
export interface Incoming {
  readonly bytes: Buffer;
  /** Removes the first bytes. */
  take(length: number): Buffer;
  /** Waits for more; false once nothing more will come, or when `deadline` (as of performance.now) is over. */
  more(deadline: number): Promise<boolean>;
}

export function incoming(stream: Duplex): Incoming {
  let bytes: Buffer = Buffer.alloc(0);
  let over = false;
  let wake = (): void => undefined;
  stream.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    wake();
  });
  for (const event of ["end", "close", "error"])
    stream.on(event, () => {
      over = true;
      wake();
    });
  return {
    get bytes() {
      return bytes;
    },
    take: (length) => {
      const taken = bytes.subarray(0, length);
      bytes = bytes.subarray(length);
      return taken;
    },
    more: async (deadline) => {
      const had = bytes.length;
      if (over) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, deadline - performance.now()));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      return bytes.length > had;
    },
  };
}
