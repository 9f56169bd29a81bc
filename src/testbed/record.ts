/** An address and port as text and number: `2001:db8::7` without brackets, IPv4 as IPv4 whatever socket carried it. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** One HTTP request as a destination received it. */
export interface RequestRecord {
  readonly version: "1.0" | "1.1" | "2";
  readonly method: string;
  /** Path, or whatever else stood there. */
  readonly target: string;
  /** In order, names and values as received; HTTP/2 with its pseudo-headers. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly isGrpc: boolean;
  bodyBytes: number;
  /** Names and values as received. */
  trailers: readonly (readonly [name: string, value: string])[];
}

/** What the first bytes were taken for. */
export type Spoken = "nothing yet" | "tls" | "http1" | "http2" | "opaque";

/** One connection as a destination saw it. */
export interface ConnectionRecord {
  readonly destination: Endpoint;
  readonly source: Endpoint;
  spoken: Spoken;
  /** latin1, as sent; absent where the ClientHello has none. */
  serverName?: string;
  readonly requests: RequestRecord[];
  /** All that came in, TLS included. */
  readonly bytes: number;
  /** The first 64 bytes, latin1. */
  start: string;
  /** Absent while it is open. */
  ended?: "close" | "reset";
}

/** Packets that reached the other end of the cable, whether or not anything answers there. */
export interface PacketCount extends Endpoint {
  /** `tcp`: connection attempts (SYN), retransmissions included. */
  readonly protocol: "tcp" | "udp";
  readonly packets: number;
}

/** How connections are treated. */
export type Behaviour =
  /** Finds out what is spoken and answers in kind: TLS, HTTP/1, HTTP/2, gRPC, WebSocket; anything else is echoed. */
  | { readonly kind: "detect" }
  /** Speaks first, then echoes. */
  | { readonly kind: "banner"; readonly text: string }
  /** Takes everything and never answers. */
  | { readonly kind: "silent" }
  /** Refuses connections. */
  | { readonly kind: "dead" };

/** An HTTP answer with this header came from a destination of the testbed, not from a proxy on the way. */
export const ARRIVED = "x-testbed";

export function endpoint(ip: string | undefined, port: number | undefined): Endpoint {
  return { ip: (ip ?? "").replace(/^::ffff:(?=\d+\.)/, ""), port: port ?? 0 };
}
