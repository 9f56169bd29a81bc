/**
 * What Envoy tells about connections: records come in over gRPC, open connections are kept, and everything that did not
 * get out becomes one line with the reason that `decide` gives.
 */
export { type AccessLogService, accessLogService } from "./access-log-service.ts";
export { type DeniedLine, type Denier, deniedLine, type Judge, judge } from "./denied-line.ts";
export { type LineSink, lineSink, openLineSink } from "./line-sink.ts";
export { type ConnectionEnd, type LogEvent, type RequestOutcome, readEvent } from "./log-event.ts";
export { type LogMessage, type LogRecord, readMessage } from "./log-record.ts";
export {
  type HttpConnection,
  type OpenConnections,
  openConnections,
  type PassedConnection,
} from "./open-connections.ts";
export { type Answer, type Refusal, refusalOf } from "./refusal.ts";
