/** What the operator is told. */
import { pino } from "pino";

/** Fields for machines first, then a sentence. A pino logger is one. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One JSON line each on standard error, written at once: a line about a crash must not be lost with the process. */
export function createLog(): Log {
  const formatters = { level: (label: string) => ({ level: label }) };
  const options = { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters };
  return pino(options, pino.destination({ dest: 2, sync: true }));
}
