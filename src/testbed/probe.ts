import type { HelloSettings } from "./client-hello.ts";
import type { Endpoint } from "./record.ts";

/**
 * What a client sees, in words that every engine shares. Numbers are HTTP statuses of the proxy itself.
 *
 *   pass               an answer of the destination itself: its mark in HTTP, its bytes elsewhere
 *   503                denied, with the product's mark (`x-sallyport: denied`)
 *   grpc-14            denied gRPC: status 200, `grpc-status: 14`, the mark
 *   unavailable        503 or grpc-status 14 without the mark: allowed, but the destination is dead
 *   400 403 404 408 431   the proxy's own refusals
 *   stream-reset       HTTP/2: this stream was reset, the connection was not
 *   reset              the connection was made, then reset (RST)
 *   close              the connection was made, then ended (FIN) without an answer
 *   held               open and without an answer when `waitMs` was over
 *   refused            no connection: RST
 *   unreachable        no connection: ICMP, no route, or forbidden by the kernel's rules
 *   no-connection      no connection: no answer at all within `waitMs`
 *   other              none of these; `detail` says what
 */
export const ANSWERS = [
  "pass",
  "503",
  "grpc-14",
  "unavailable",
  "400",
  "403",
  "404",
  "408",
  "431",
  "stream-reset",
  "reset",
  "close",
  "held",
  "refused",
  "unreachable",
  "no-connection",
  "other",
] as const;
export type Answer = (typeof ANSWERS)[number];

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** One HTTP/1 request, sent as it stands: no header is added, `Host` included. */
export interface Http1Request {
  readonly version: "1.0" | "1.1";
  /** Default GET. */
  readonly method?: string;
  /** Default `/`. */
  readonly target?: string;
  readonly headers: HeaderList;
  readonly body?: string;
  /** Sends the body in chunks; the headers must say so. */
  readonly chunked?: boolean;
}

/** One HTTP/2 request. */
export interface Http2Request {
  /** Default GET, for gRPC POST. */
  readonly method?: string;
  /** Default `/`. */
  readonly target?: string;
  /** `:authority`; there is always one. */
  readonly authority: string;
  /** Beside the pseudo-headers. */
  readonly headers?: HeaderList;
  readonly body?: string;
  /** `:protocol` of an extended CONNECT, such as `websocket`. */
  readonly protocol?: string;
}

/** What is spoken on a connection. Texts that stand for bytes are latin1: one character a byte. */
export type Speech =
  /** Sends bytes and waits for an echo. `send` empty: says nothing and waits for the other side to speak. */
  | { readonly kind: "bytes"; readonly send: string }
  /** A real handshake that trusts every certificate, then an echo inside. Absent `serverName`: no such extension. */
  | { readonly kind: "tls"; readonly serverName?: string }
  /** A hand-made ClientHello; anything that comes back is a pass. For names that no TLS library sends. */
  | { readonly kind: "hello"; readonly hello: HelloSettings }
  /** Requests one after the other on one connection, or all at once. */
  | { readonly kind: "http1"; readonly requests: readonly Http1Request[]; readonly pipelined?: boolean }
  /** Requests one after the other on one connection, or all at once. */
  | { readonly kind: "http2"; readonly requests: readonly Http2Request[]; readonly together?: boolean }
  /** An HTTP/1.1 upgrade, then an echo of one frame. */
  | { readonly kind: "websocket"; readonly headers: HeaderList; readonly target?: string };

/** One connection to make. */
export interface Probe {
  readonly to: Endpoint;
  readonly speech: Speech;
  /** How long to wait for the connection, and then for each answer. Default 8,000: longer than inspection takes. */
  readonly waitMs?: number;
  /** How long to be silent after connecting. Default 0. */
  readonly silentMs?: number;
  /** Cuts the first bytes (for TLS: a hand-made hello) into pieces with pauses between. */
  readonly pieces?: { readonly bytes: number; readonly everyMs: number };
  /** The local address to connect from. */
  readonly from?: string;
  /** The local port to connect from; default: any free one. */
  readonly fromPort?: number;
}

/** One request and its answer, or one echo. */
export interface Exchange {
  readonly answer: Answer;
  /** From the first byte sent (for the server to speak first: from the connection) to the answer. */
  readonly ms: number;
  readonly status?: number;
  readonly headers?: HeaderList;
  readonly body?: string;
  readonly grpcStatus?: number;
  readonly grpcMessage?: string;
  /** The first bytes that came back where they are no HTTP, latin1. */
  readonly received?: string;
  /** For `other`, and wherever an error had a name. */
  readonly detail?: string;
}

/** How a connection ended that was not closed by the prober. */
export interface End {
  readonly how: "reset" | "close";
  /** Since the connection was made. */
  readonly afterMs: number;
  readonly detail?: string;
}

/** What became of a probe. */
export interface Observed {
  /** Of the first exchange that was not passed; `pass` if all were. */
  readonly answer: Answer;
  /** Absent where no connection was made. */
  readonly connectedAfterMs?: number;
  /** The prober's end of the connection. */
  readonly local?: Endpoint;
  readonly exchanges: readonly Exchange[];
  readonly end?: End;
}
