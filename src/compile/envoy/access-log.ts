import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type AccessLog,
  AccessLogFilterSchema,
  AccessLogSchema,
} from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { ApiVersion } from "../../gen/envoy/config/core/v3/config_source_pb.js";
import { AccessLogType } from "../../gen/envoy/data/accesslog/v3/accesslog_pb.js";
import {
  type CommonGrpcAccessLogConfig,
  CommonGrpcAccessLogConfigSchema,
  HttpGrpcAccessLogConfigSchema,
  TcpGrpcAccessLogConfigSchema,
} from "../../gen/envoy/extensions/access_loggers/grpc/v3/als_pb.js";
import { StdoutAccessLogSchema } from "../../gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js";
import { CustomTagSchema } from "../../gen/envoy/type/tracing/v3/custom_tag_pb.js";
import { any } from "./extension.ts";
import { type EnvoySettings, NAMES } from "./settings.ts";

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
const COMMON = {
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
  ms: "%DURATION%",
  rx: "%BYTES_RECEIVED%",
  tx: "%BYTES_SENT%",
  why: "%DOWNSTREAM_TRANSPORT_FAILURE_REASON%",
} as const;

/** What records of requests say besides. */
const REQUEST = {
  host: "%REQ(:AUTHORITY)%",
  proto: "%PROTOCOL%",
  ctype: "%REQ(CONTENT-TYPE)%",
  code: "%RESPONSE_CODE%",
  route: "%ROUTE_NAME%",
} as const;

/** Keys of a record: custom tags in gRPC records, members in JSON lines. `-` or null stands for nothing. */
export type LogField = keyof typeof COMMON | keyof typeof REQUEST;

/** Records wait at most this long (ms) in Envoy; what cuts connections after a change waits for one such interval. */
export const LOG_FLUSH_MS = 100;

/** The access log of one place. */
export function accessLog(place: LogPlace, { accessLog: sink }: Pick<EnvoySettings, "accessLog">): AccessLog {
  // The same for `connection` and `tcp`: equal configurations share one stream, so that records stay in order.
  const fields = { ...COMMON, ...(place === "http" ? REQUEST : {}) };
  const typedConfig = sink === "stdout" ? jsonLines(fields) : grpcRecords(place, fields);
  return create(AccessLogSchema, {
    name: `${NAMES.log}.${place}`,
    configType: { case: "typedConfig", value: typedConfig },
    // The listener's log has the end of every connection.
    ...(place === "tcp" ? { filter: onlyOnConnect } : {}),
  });
}

const onlyOnConnect = create(AccessLogFilterSchema, {
  filterSpecifier: { case: "logTypeFilter", value: { types: [AccessLogType.TcpUpstreamConnected] } },
});

function jsonLines(fields: Readonly<Record<string, string>>) {
  const format = { case: "jsonFormat", value: { ...fields } } as const;
  return any(StdoutAccessLogSchema, { accessLogFormat: { case: "logFormat", value: { format } } });
}

function grpcRecords(place: LogPlace, fields: Readonly<Record<string, string>>) {
  const commonConfig = grpcConfig(fields);
  return place === "http"
    ? any(HttpGrpcAccessLogConfigSchema, { commonConfig })
    : any(TcpGrpcAccessLogConfigSchema, { commonConfig });
}

function grpcConfig(fields: Readonly<Record<string, string>>): CommonGrpcAccessLogConfig {
  return create(CommonGrpcAccessLogConfigSchema, {
    logName: NAMES.log,
    transportApiVersion: ApiVersion.V3,
    grpcService: { targetSpecifier: { case: "envoyGrpc", value: { clusterName: NAMES.agent } } },
    bufferFlushInterval: durationFromMs(LOG_FLUSH_MS),
    customTags: Object.entries(fields).map(([tag, value]) =>
      create(CustomTagSchema, { tag, type: { case: "value", value } }),
    ),
  });
}
