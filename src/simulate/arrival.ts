import type { Connection } from "../policy/model/index.ts";
import type { IpAddress } from "../policy/net/index.ts";

/** A connection, or the first request on one, as it arrives at a listener: what verdicts do not look at stands beside it. */
export interface Arrival {
  readonly connection: Connection;
  /** `Host` or `:authority` as sent. Absent: as verdicts see it. */
  readonly authority?: string;
  /** Absent: one that fits `isGrpc`. */
  readonly contentType?: string;
  /** An upgrade that the request asks for, such as `websocket`. */
  readonly upgrade?: string;
  /** Nothing is sent while inspectors wait. */
  readonly isSilent?: boolean;
  /** The destination is an address of the host itself. */
  readonly isOwn?: boolean;
}

/** What matchers look at, as listener filters and codec have found it. */
export interface Facts {
  readonly ip: IpAddress;
  readonly port: number;
  readonly isOwn: boolean;
  /** Without an inspector of TLS everything is `raw_buffer`. */
  readonly transport: "tls" | "raw_buffer";
  readonly serverName: string | undefined;
  /** `http/1.0`, `http/1.1`, `h2c`; undefined where nobody has looked, or what was sent is no HTTP. */
  readonly applicationProtocol: string | undefined;
  readonly request: Request | undefined;
}

/** What routes look at besides. */
export interface Request {
  readonly version: "1.0" | "1.1" | "2";
  readonly authority: string | undefined;
  readonly upgrade: string | undefined;
  readonly header: (name: string) => string | undefined;
}

/** What the listener filters of a listener find out. */
export interface Inspection {
  readonly tls: boolean;
  readonly http: boolean;
}

const APPLICATION_PROTOCOL = { "1.0": "http/1.0", "1.1": "http/1.1", "2": "h2c" } as const;

/** The facts of an arrival at a listener that inspects so much. */
export function factsOf(arrival: Arrival, inspects: Inspection): Facts {
  const { connection, isOwn = false, isSilent = false } = arrival;
  const isTls = inspects.tls && connection.kind === "tls" && !isSilent;
  const isHttp = connection.kind === "http" && !isSilent;
  return {
    ...connection.destination,
    isOwn,
    transport: isTls ? "tls" : "raw_buffer",
    serverName: isTls ? connection.serverName : undefined,
    applicationProtocol: isHttp && inspects.http ? APPLICATION_PROTOCOL[connection.version] : undefined,
    request: isHttp ? requestOf(arrival, connection) : undefined,
  };
}

function requestOf(arrival: Arrival, { version, host, isGrpc }: Extract<Connection, { kind: "http" }>): Request {
  const { authority = host, contentType = isGrpc ? "application/grpc+proto" : "text/plain", upgrade } = arrival;
  const header = (name: string): string | undefined =>
    name === "content-type" ? contentType : name === ":authority" ? authority : undefined;
  return { version, authority, upgrade, header };
}
