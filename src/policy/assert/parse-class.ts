import { type Path, quote } from "../diagnostics/index.ts";
import { type Cidr, hostCidr, parseCidr, parseDomainPattern, parseIp, parsePort } from "../net/index.ts";
import { addressSet, TRAFFIC, type Traffic } from "../space/index.ts";
import { isList, isMap, nearestWord, type Report, type Value, wrongType } from "../text/index.ts";
import type { WrittenClass } from "./statement.ts";

/** Where a value stands, and who hears of its faults. */
interface Place {
  readonly report: Report;
  readonly path: Path;
}

const CLASS_FIELDS: readonly string[] = ["traffic", "address", "port", "names"];

function helpForField(field: string): string {
  const nearest = nearestWord(field, CLASS_FIELDS);
  return nearest === undefined
    ? "a class has `traffic`, `address`, `port` and `names`"
    : `did you mean \`${nearest}\`?`;
}

/** One class or a list of them; undefined if one has a fault. */
export function readClasses(place: Place, value: Value): readonly WrittenClass[] | undefined {
  if (!isList(value)) {
    const one = readClass(place, value);
    return one === undefined ? undefined : [one];
  }
  const read = value.map((item, i) => readClass({ ...place, path: [...place.path, i] }, item));
  return read.includes(undefined) ? undefined : read.filter((one) => one !== undefined);
}

function readClass({ report, path }: Place, value: Value): WrittenClass | undefined {
  if (!isMap(value)) return wrongType(report, path, value, "map");
  // An error, not a warning: without the field the class would be another, and a proof worth nothing.
  for (const field of value.keys())
    if (!CLASS_FIELDS.includes(field))
      return refuse({ report, path: [...path, field] }, `${quote(field)} is no field of a class`, helpForField(field));
  const at = (field: string): Place => ({ report, path: [...path, field] });
  const traffic = readList(at("traffic"), value.get("traffic"), readTraffic);
  const ports = readList(at("port"), value.get("port"), readPorts);
  const blocks = readList(at("address"), value.get("address"), readBlock);
  const names = readList(at("names"), value.get("names"), readName);
  if (traffic === "faulty" || ports === "faulty" || blocks === "faulty" || names === "faulty") return undefined;
  return {
    ...(traffic === "any" ? {} : { traffic: TRAFFIC.filter((kind) => traffic.flat().includes(kind)) }),
    ...(ports === "any" ? {} : { ports }),
    ...(blocks === "any" ? {} : { addresses: addressSet(blocks) }),
    ...(names === "any" ? {} : { names }),
  };
}

/** A value or a list of them; `any`, which is also what an absent field says, stands alone. */
function readList<T>(
  { report, path }: Place,
  value: Value | undefined,
  read: (place: Place, text: string) => T | undefined,
): readonly T[] | "any" | "faulty" {
  if (value === undefined || value === "any") return "any";
  const items = isList(value) ? value : [value];
  const out: T[] = [];
  for (const [i, item] of items.entries()) {
    const at = isList(value) ? [...path, i] : path;
    if (typeof item !== "string" && typeof item !== "number") {
      wrongType(report, at, item, "string");
      return "faulty";
    }
    const one = read({ report, path: at }, String(item));
    if (one === undefined) return "faulty";
    out.push(one);
  }
  return out;
}

const WORDS: ReadonlyMap<string, readonly Traffic[]> = new Map<string, readonly Traffic[]>([
  ["tls", ["tls"]],
  ["http", ["http1", "http2", "grpc"]],
  ["http1", ["http1"]],
  ["http2", ["http2", "grpc"]],
  ["grpc", ["grpc"]],
  ["opaque", ["opaque"]],
]);

const readTraffic = (place: Place, text: string): readonly Traffic[] | undefined =>
  WORDS.get(text) ??
  refuse(
    place,
    `${quote(text)} is no kind of traffic`,
    `write ${[...WORDS.keys()].map((w) => `\`${w}\``).join(", ")} or \`any\``,
  );

function readPorts(place: Place, text: string): readonly [number, number] | undefined {
  const [first = "", last = first, ...more] = text.split("-");
  const [from, to] = [parsePort(first), parsePort(last)];
  if (from.ok && to.ok && from.value <= to.value && more.length === 0) return [from.value, to.value];
  return refuse(place, `${quote(text)} is no port`, "write a number from 1 to 65535, `8000-8010` or `any`");
}

function readBlock(place: Place, text: string): Cidr | undefined {
  if (!text.includes("/")) {
    const ip = parseIp(text);
    return ip.ok ? hostCidr(ip.value) : refuse(place, `${quote(text)} is no address`, ip.help);
  }
  const block = parseCidr(text);
  return block.ok ? block.value : refuse(place, `${quote(text)} is no block of addresses`, block.help);
}

function readName(place: Place, text: string) {
  const pattern = parseDomainPattern(text);
  return pattern.ok ? pattern.value : refuse(place, `${quote(text)} is no name`, pattern.help);
}

function refuse({ report, path }: Place, message: string, help: string | undefined): undefined {
  report.add({ code: "E105-unknown-value", path, message, help });
  return undefined;
}
