import { RECORD_TYPES } from "../../compile/envoy/index.ts";
import type { Connection } from "../../policy/model/index.ts";
import { normalizeHost } from "../../policy/net/index.ts";
import { type Endpoint, endpointOf, type TcpPair } from "../sockets/index.ts";
import type { LogRecord } from "./log-record.ts";

/** What every record says: which socket Envoy accepted, where its connection was meant for, when it began. */
interface Common {
  readonly pair: TcpPair;
  readonly destination: Endpoint;
  /** ms since 1970, by Envoy's clock; of the connection, or of the request. */
  readonly startedAt: number;
}

export type LogEvent =
  /** An admitted TCP or TLS connection has reached its destination. `serverName` only where it was looked at. */
  | (Common & { readonly kind: "connected"; readonly serverName?: string })
  | (Common & { readonly kind: "request started"; readonly request: Connection })
  | (Common & { readonly kind: "request ended"; readonly request: Connection; readonly outcome: RequestOutcome })
  | (Common & { readonly kind: "ended"; readonly end: ConnectionEnd });

/** How a request ended. */
export interface RequestOutcome {
  /** As Envoy explains it: `via_upstream`, `rbac_access_denied_matched_policy[none]`, `http1.codec_error`, … */
  readonly details: string;
  readonly flags: string;
  readonly status: number;
  /** It was sent on to its destination, or Envoy tried to. */
  readonly wasForwarded: boolean;
  /** As sent, for people. */
  readonly host?: string;
}

/** How a connection ended. */
export interface ConnectionEnd {
  /** Absent: no chain took it, so it was not admitted. */
  readonly chain?: string;
  readonly serverName?: string;
  readonly flags: string;
  /** Its destination was reached; false for what did not pass through as it is. */
  readonly wasConnected: boolean;
  readonly lastedMs: number;
  /** What the TLS inspector made of bytes that were no ClientHello. */
  readonly notTls?: string;
}

/** Undefined: a record that says too little to be of use. */
export function readEvent(record: LogRecord): LogEvent | undefined {
  const { field } = record;
  const [own, peer, destination] = [field("own"), field("peer"), field("dst")].map((text) => endpointOf(text ?? ""));
  const startedAt = Number(field("start") ?? Number.NaN);
  if (own === undefined || peer === undefined || destination === undefined || Number.isNaN(startedAt)) return undefined;
  const common = { pair: { own, peer }, destination, startedAt };
  const serverName = field("sni");
  switch (field("type")) {
    case RECORD_TYPES.connected:
      return { ...common, kind: "connected", ...(serverName !== undefined && { serverName }) };
    case RECORD_TYPES.requestStart:
      return { ...common, kind: "request started", request: requestOf(record, destination) };
    case RECORD_TYPES.requestEnd:
      return {
        ...common,
        kind: "request ended",
        request: requestOf(record, destination),
        outcome: outcomeOf(record),
      };
    case RECORD_TYPES.connectionEnd:
      return { ...common, kind: "ended", end: endOf(record) };
    default:
      return undefined;
  }
}

const GRPC = /^application\/grpc(?:[+;]|$)/;

/** The facts that `decide` looks at, read as the routes read them. */
function requestOf({ field }: LogRecord, destination: Endpoint): Connection {
  const protocol = field("proto");
  const version = protocol === "HTTP/2" ? "2" : protocol === "HTTP/1.0" ? "1.0" : "1.1";
  const host = field("host");
  const isGrpc = version === "2" && GRPC.test(field("ctype") ?? "");
  return { kind: "http", destination, version, isGrpc, ...(host !== undefined && { host: normalizeHost(host) }) };
}

/** Flags of requests that Envoy did try to send on: the destination is dead, not forbidden. */
const UPSTREAM_FLAGS = /(?:^|,)(?:UF|UC|UT|UH|UO|URX|LR|UR|UPE)(?:,|$)/;

function outcomeOf({ field }: LogRecord): RequestOutcome {
  const flags = field("flags") ?? "";
  const host = field("host");
  return {
    details: field("details") ?? "",
    flags,
    status: Number(field("code") ?? "0"),
    wasForwarded: field("up") !== undefined || UPSTREAM_FLAGS.test(flags),
    ...(host !== undefined && { host }),
  };
}

function endOf({ field }: LogRecord): ConnectionEnd {
  const [chain, serverName, notTls] = [field("chain"), field("sni"), field("why")];
  return {
    flags: field("flags") ?? "",
    wasConnected: field("via") !== undefined,
    lastedMs: Number(field("ms") ?? "0"),
    ...(chain !== undefined && { chain }),
    ...(serverName !== undefined && { serverName }),
    ...(notTls !== undefined && { notTls }),
  };
}
