import { create } from "@bufbuild/protobuf";
import {
  type AccessLog,
  AccessLogFilterSchema,
  AccessLogSchema,
} from "../../gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { AccessLogType } from "../../gen/envoy/data/accesslog/v3/accesslog_pb.js";
import { FileAccessLogSchema } from "../../gen/envoy/extensions/access_loggers/file/v3/file_pb.js";
import { StdoutAccessLogSchema } from "../../gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js";
import { any } from "./extension.ts";
import { COMMON, LOG_LINES, LOG_SEPARATOR, type LogPlace, OPERATORS, REQUEST } from "./log-format.ts";
import { type EnvoySettings, NAMES } from "./settings.ts";

/** The access log of one place. */
export function accessLog(place: LogPlace, { accessLog: sink }: Pick<EnvoySettings, "accessLog">): AccessLog {
  return create(AccessLogSchema, {
    name: `${NAMES.log}.${place}`,
    configType: { case: "typedConfig", value: sink === "stdout" ? jsonLines(place) : linesInFile(place) },
    // The listener's log has the end of every connection.
    ...(place === "tcp" ? { filter: onlyOnConnect } : {}),
  });
}

const onlyOnConnect = create(AccessLogFilterSchema, {
  filterSpecifier: { case: "logTypeFilter", value: { types: [AccessLogType.TcpUpstreamConnected] } },
});

function jsonLines(place: LogPlace) {
  const format = { case: "jsonFormat", value: { ...COMMON, ...(place === "http" ? REQUEST : {}) } } as const;
  return any(StdoutAccessLogSchema, { accessLogFormat: { case: "logFormat", value: { format } } });
}

/** One file for all: Envoy opens it once, and its lines are in the order in which things happened. */
function linesInFile(place: LogPlace) {
  const inlineString = `${LOG_LINES[place].map((field) => IN_FILE[field]).join(LOG_SEPARATOR)}\n`;
  const format = {
    case: "textFormatSource",
    value: { specifier: { case: "inlineString", value: inlineString } },
  } as const;
  return any(FileAccessLogSchema, {
    path: NAMES.logFile,
    accessLogFormat: { case: "logFormat", value: { format } },
  });
}

/** ms since 1970. */
const IN_FILE = { ...OPERATORS, start: "%START_TIME(%s%3f)%" };
