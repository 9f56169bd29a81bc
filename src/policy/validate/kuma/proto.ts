/**
 * Documents whose types are protobuf messages in Kuma: what its JSON reader takes, and what it prints of it. Fields
 * stand in the order of the messages, which is the order of printing.
 */
import { asObject, byCode } from "./violation.ts";

/** The type of a value. `uint32?` and `bool?` are wrapper messages: a zero is kept. `any` is not looked into. */
export type Proto =
  | "string"
  | "uint32"
  | "uint32?"
  | "bool"
  | "bool?"
  | "duration"
  | "strings"
  | "any"
  | { readonly enum: readonly string[] }
  | { readonly list: Proto }
  | { readonly fields: Readonly<Record<string, Proto>> };

/** A value as Kuma prints it, `undefined` where it prints none; or why it cannot be read. */
export type Decoded = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

const NOTHING: Decoded = { ok: true, value: undefined };
const read = (value: unknown): Decoded => ({ ok: true, value });

/** Unknown fields are dropped, null counts as absent, zero values are not printed. */
export function decodeProto(value: unknown, type: Proto): Decoded {
  if (value === null || value === undefined) return NOTHING;
  if (type === "any") return read(value);
  if (typeof type === "string") return decodeScalar(value, type);
  if ("list" in type) return decodeList(value, type.list);
  return "enum" in type ? decodeEnum(value, type.enum) : decodeMessage(value, type.fields);
}

function decodeScalar(value: unknown, type: Exclude<Proto, object | "any">): Decoded {
  switch (type) {
    case "string":
      return typeof value === "string" ? read(value === "" ? undefined : value) : wrong(value, "string");
    case "bool":
    case "bool?":
      if (typeof value !== "boolean") return wrong(value, "bool");
      return read(value || type === "bool?" ? value : undefined);
    case "uint32":
    case "uint32?":
      return decodeNumber(value, type === "uint32?");
    case "duration":
      if (typeof value !== "string") return wrong(value, "string");
      return isDuration(value) ? read(value) : failed(`bad Duration: time: invalid duration ${JSON.stringify(value)}`);
    case "strings":
      return decodeStrings(value);
  }
}

/** A number may be written as a string. */
function decodeNumber(value: unknown, keepZero: boolean): Decoded {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== "number") return wrong(value, "uint32");
  if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff)
    return failed(`json: cannot unmarshal number ${number} into Go value of type uint32`);
  return read(number === 0 && !keepZero ? undefined : number);
}

function decodeStrings(value: unknown): Decoded {
  const map = asObject(value);
  if (map === undefined) return wrong(value, "map[string]json.RawMessage");
  const out: Record<string, string> = {};
  for (const key of Object.keys(map).sort(byCode)) {
    const inner = map[key] ?? "";
    if (typeof inner !== "string") return wrong(inner, "string");
    out[key] = inner;
  }
  return read(Object.keys(out).length === 0 ? undefined : out);
}

function decodeEnum(value: unknown, words: readonly string[]): Decoded {
  const index = typeof value === "number" ? value : words.indexOf(String(value));
  if (typeof value !== "number" && (typeof value !== "string" || index < 0))
    return failed(`unknown value ${JSON.stringify(value)} for enum`);
  // The first word is the default.
  return read(index === 0 ? undefined : (words[index] ?? index));
}

function decodeList(value: unknown, items: Proto): Decoded {
  if (!Array.isArray(value)) return wrong(value, "[]json.RawMessage");
  const out: unknown[] = [];
  for (const item of value) {
    const decoded = decodeProto(item, items);
    if (!decoded.ok) return decoded;
    out.push(decoded.value ?? (typeof items === "object" && "fields" in items ? {} : ""));
  }
  return read(out.length === 0 ? undefined : out);
}

function decodeMessage(value: unknown, fields: Readonly<Record<string, Proto>>): Decoded {
  const object = asObject(value);
  if (object === undefined) return wrong(value, "map[string]json.RawMessage");
  const out: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(fields)) {
    const decoded = decodeProto(object[name] ?? object[snakeCase(name)], type);
    if (!decoded.ok) return decoded;
    if (decoded.value !== undefined) out[name] = decoded.value;
  }
  return read(out);
}

/** Names as the messages have them are read too. */
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** As Go's `time.ParseDuration` takes it: `10s`, `1h30m`, `0`. */
const isDuration = (text: string): boolean =>
  /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text);

/** Is the duration nothing? Takes what {@link decodeProto} lets pass. */
export const isZeroDuration = (text: string): boolean => !/[1-9]/.test(text);

const failed = (error: string): Decoded => ({ ok: false, error });

function wrong(value: unknown, type: string): Decoded {
  const got = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return failed(`json: cannot unmarshal ${got} into Go value of type ${type}`);
}
