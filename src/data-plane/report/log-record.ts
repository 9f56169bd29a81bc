import { LOG_LINES, LOG_SEPARATOR, type LogField, RECORD_TYPES } from "../../compile/envoy/index.ts";

/** One record as Envoy wrote it: field → text; what is empty, `-` or not of its place is absent. */
export interface LogRecord {
  readonly field: (name: LogField) => string | undefined;
}

type Place = keyof typeof LOG_LINES;
type Columns = Readonly<Partial<Record<LogField, number>>>;

const columnsOf = (place: Place): Columns => Object.fromEntries(LOG_LINES[place].map((field, i) => [field, i]));
const COLUMNS: Readonly<Record<Place, Columns>> = {
  connection: columnsOf("connection"),
  tcp: columnsOf("tcp"),
  http: columnsOf("http"),
};
const PLACES: ReadonlyMap<string, Place> = new Map([
  [RECORD_TYPES.connectionEnd, "connection"],
  [RECORD_TYPES.connected, "tcp"],
  [RECORD_TYPES.requestStart, "http"],
  [RECORD_TYPES.requestEnd, "http"],
]);

/** Undefined: a line that Envoy did not write whole. Bytes are characters, so no length changes. */
export function readRecord(line: string): LogRecord | undefined {
  const parts = line.split(LOG_SEPARATOR);
  const place = PLACES.get(parts[0] ?? "");
  if (place === undefined || parts.length !== LOG_LINES[place].length) return undefined;
  const columns = COLUMNS[place];
  return {
    field(name) {
      const text = parts[columns[name] ?? -1];
      return text === "-" || text === "" ? undefined : text;
    },
  };
}
