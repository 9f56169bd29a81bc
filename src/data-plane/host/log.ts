import { pino } from "pino";

/** What the operator is told: one JSON line each, fields first, then a sentence. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Lines on standard error, written at once: a line about a crash must not be lost with the process. */
export function createLog(fields: { readonly mesh: string; readonly workload: string }): Log {
  return pino(
    { base: fields, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    pino.destination({ dest: 2, sync: true }),
  );
}
