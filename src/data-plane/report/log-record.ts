import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { LogField } from "../../compile/envoy/index.ts";

/** One record as Envoy wrote it: field → text; what is empty, `-` or unknown is absent. */
export interface LogRecord {
  readonly field: (name: LogField) => string | undefined;
  /** One number per connection or request, the same at its start and its end; absent in older Envoys. */
  readonly streamId: string | undefined;
}

/** What one message of the stream holds; `damaged` counts records that could not be read. */
export interface LogMessage {
  readonly records: readonly LogRecord[];
  readonly damaged: number;
}

/**
 * Field numbers of envoy.service.accesslog.v3 and envoy.data.accesslog.v3. Everything we want is in tags that we chose
 * ourselves, so nothing else of a record is looked at: decoding it whole costs four times as much.
 */
const HTTP_LOGS = 2;
const TCP_LOGS = 3;
const LOG_ENTRY = 1;
const COMMON_PROPERTIES = 1;
const CUSTOM_TAGS = 22;
const STREAM_ID = 26;
const KEY = 1;
const VALUE = 2;

/** Take one StreamAccessLogsMessage apart. Never throws. */
export function readMessage(message: Uint8Array): LogMessage {
  const records: LogRecord[] = [];
  let damaged = 0;
  try {
    for (const group of submessages(message, (field) => field === HTTP_LOGS || field === TCP_LOGS))
      for (const entry of submessages(group, (field) => field === LOG_ENTRY)) {
        try {
          records.push(readEntry(entry));
        } catch {
          damaged++;
        }
      }
  } catch {
    damaged++;
  }
  return { records, damaged };
}

function readEntry(entry: Uint8Array): LogRecord {
  const tags = new Map<string, string>();
  let streamId: string | undefined;
  for (const common of submessages(entry, (field) => field === COMMON_PROPERTIES)) {
    const reader = new BinaryReader(common);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === CUSTOM_TAGS && type === WireType.LengthDelimited) readTag(reader.bytes(), tags);
      else if (field === STREAM_ID && type === WireType.LengthDelimited) streamId = reader.string();
      else reader.skip(type, field);
    }
  }
  return { field: (name) => tags.get(name), streamId: streamId === "" ? undefined : streamId };
}

function readTag(bytes: Uint8Array, tags: Map<string, string>): void {
  const reader = new BinaryReader(bytes);
  let [key, value] = ["", ""];
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === KEY) key = reader.string();
    else if (field === VALUE) value = reader.string();
    else reader.skip(type, field);
  }
  if (value !== "" && value !== "-") tags.set(key, value);
}

function* submessages(bytes: Uint8Array, wanted: (field: number) => boolean): Generator<Uint8Array> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (wanted(field) && type === WireType.LengthDelimited) yield reader.bytes();
    else reader.skip(type, field);
  }
}
