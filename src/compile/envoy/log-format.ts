/** Where a record is written. */
export const LOG_PLACES = ["connection", "tcp", "http"] as const;
export type LogPlace = (typeof LOG_PLACES)[number];

/**
 * What the field `type` of a record says, and with it where it was written. The end of a connection is written for
 * every one, also for those that no chain took: they have no `chain`.
 */
export const RECORD_TYPES = {
  connectionEnd: "NotSet",
  /** An admitted TCP or TLS connection has reached its destination. */
  connected: "TcpUpstreamConnected",
  requestStart: "DownstreamStart",
  requestEnd: "DownstreamEnd",
} as const;

/** What every record says. `own` and `peer` are the addresses of the socket that Envoy accepted: they name one socket. */
export const COMMON = {
  type: "%ACCESS_LOG_TYPE%",
  start: "%START_TIME%",
  peer: "%DOWNSTREAM_REMOTE_ADDRESS%",
  own: "%DOWNSTREAM_DIRECT_LOCAL_ADDRESS%",
  dst: "%DOWNSTREAM_LOCAL_ADDRESS%",
  chain: "%FILTER_CHAIN_NAME%",
  sni: "%REQUESTED_SERVER_NAME%",
  flags: "%RESPONSE_FLAGS%",
  details: "%RESPONSE_CODE_DETAILS%",
  up: "%UPSTREAM_HOST%",
  /** Our end of the connection to the destination: there is one exactly if it was reached. */
  via: "%UPSTREAM_LOCAL_ADDRESS%",
  ms: "%DURATION%",
  rx: "%BYTES_RECEIVED%",
  tx: "%BYTES_SENT%",
  why: "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%",
} as const;

/** What records of requests say besides. */
export const REQUEST = {
  host: "%REQ(:AUTHORITY)%",
  proto: "%PROTOCOL%",
  ctype: "%REQ(CONTENT-TYPE)%",
  code: "%RESPONSE_CODE%",
  route: "%ROUTE_NAME%",
} as const;

/** Envoy's operator for each field. */
export const OPERATORS = { ...COMMON, ...REQUEST };

/** Fields of a record; members of a JSON line. `-`, nothing, or null stands for nothing. */
export type LogField = keyof typeof OPERATORS;

/**
 * The fields of a line in the file, by place and in order. A line is in every chain, and a record is read thousands of
 * times a second: it says what the agent needs and no more.
 */
export const LOG_LINES = {
  connection: ["type", "start", "peer", "own", "dst", "chain", "sni", "flags", "via", "ms", "why"],
  tcp: ["type", "start", "peer", "own", "dst", "sni"],
  http: ["type", "start", "peer", "own", "dst", "flags", "details", "up", "host", "proto", "ctype", "code"],
} as const satisfies Readonly<Record<LogPlace, readonly LogField[]>>;

/** Between the fields of a line. No header and no server name that Envoy takes holds it; some hold tabs. */
export const LOG_SEPARATOR = "\u001f";

/**
 * Records wait at most this long (ms) in Envoy, which must be told so (`--file-flush-interval-msec`); what cuts
 * connections after a change waits for one such interval.
 */
export const LOG_FLUSH_MS = 100;
