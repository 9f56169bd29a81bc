/**
 * What Envoy tells about connections: its log is read as it is written, open connections are kept, and everything that
 * did not get out becomes one line with the reason that `decide` gives. What is lost on the way is counted.
 */
export { type DeniedLine, type Denier, deniedLine, type Judge, judge, patience } from "./denied-line.ts";
export { type LineSink, lineSink, openLineSink } from "./line-sink.ts";
export { type LogAudit, type LogStats, logAudit, logStatsOf } from "./log-audit.ts";
export { type ConnectionEnd, type LogEvent, type RequestOutcome, readEvent } from "./log-event.ts";
export { followLog, type LogFollower, type LogPosition } from "./log-follower.ts";
export { type LogRecord, readRecord } from "./log-record.ts";
export {
  type HttpConnection,
  type OpenConnections,
  openConnections,
  type PassedConnection,
} from "./open-connections.ts";
export { type Answer, type Refusal, refusalOf } from "./refusal.ts";
