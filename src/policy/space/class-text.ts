import { type Cidr, formatCidr, formatIp, ipFromBits, type Port, width } from "../net/index.ts";
import { addressClass } from "./address-blocks.ts";
import type { AddressSet } from "./addresses.ts";
import type { ClassPorts, ConnectionClass } from "./classes.ts";
import { differenceOf } from "./intervals.ts";
import { ALL_HOSTS, isNoName, type NameClass, nameClasses, nameDifference } from "./names.ts";
import { allNames, type Traffic } from "./space.ts";

/** Lists of more than this are cut, and the rest counted; `Infinity` for programs. */
export interface TextLimits {
  readonly maxListed: number;
}

const FOR_PEOPLE: TextLimits = { maxListed: 8 };

/** `TLS on port 443 to *.example.com at 10.0.0.0/8`: a class as a piece of a sentence. Plain text, may hold names. */
export function renderClass(one: ConnectionClass, limits: TextLimits = FOR_PEOPLE): string {
  const exceptions = (one.except ?? []).map((e) => `; except ${renderWithin(e, one.addresses, limits)}`);
  return `${renderWithin(one, undefined, limits)}${exceptions.join("")}`;
}

/** Addresses that are said already are not said again. */
function renderWithin(one: ConnectionClass, said: AddressSet | undefined, limits: TextLimits): string {
  const { to, isOpen, without } = namesText(one, limits);
  const isSaid = said !== undefined && differenceOf(said, one.addresses).length === 0;
  const address = isSaid ? "" : addressesText(one.addresses, limits);
  return [trafficText(one.traffic), "on", portsText(one.ports, limits), without ?? "", placeText(address, to, isOpen)]
    .filter((part) => part !== "")
    .join(" ");
}

function placeText(address: string, name: string | undefined, isOpen: boolean | undefined): string {
  const isAny = address === "any address";
  if (name === undefined) return address === "" ? "" : isAny ? "to anywhere" : `to ${address}`;
  if (isAny || address === "") return `to ${name}`;
  return isOpen ? `to ${address} under ${name}` : `to ${name} at ${address}`;
}

/** `any traffic`, `TLS`, `HTTP`, `HTTP/2 and TLS`: kinds of traffic as people call them. */
export function trafficText(traffic: readonly Traffic[]): string {
  const has = (kind: Traffic): boolean => traffic.includes(kind);
  const http = httpText(has("http1"), has("http2"), has("grpc"));
  if (has("opaque") && http === "HTTP") return has("tls") ? "any traffic" : "anything but TLS";
  const words = [has("tls") ? "TLS" : "", http, has("opaque") ? "bytes that are neither TLS nor HTTP" : ""];
  return words.filter((word) => word !== "").join(" and ");
}

function httpText(http1: boolean, http2: boolean, grpc: boolean): string {
  if (http1 && http2) return grpc ? "HTTP" : "HTTP (gRPC apart)";
  if (http1) return grpc ? "HTTP/1 and gRPC" : "HTTP/1";
  if (http2) return grpc ? "HTTP/2" : "HTTP/2 (gRPC apart)";
  return grpc ? "gRPC" : "";
}

/** `port 443`, `ports 80, 443, 8000–8010`, `any port except 25`. */
export function portsText(ports: ClassPorts, limits: TextLimits = FOR_PEOPLE): string {
  const numbers = "only" in ports ? ports.only : ports.except;
  const list = cut(stretches(numbers), limits);
  if ("only" in ports) return `port${ports.only.length > 1 ? "s" : ""} ${list}`;
  return ports.except.length === 0 ? "any port" : `any port except ${list}`;
}

/** Three or more in a row are written as a stretch. */
function stretches(ports: readonly Port[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < ports.length; ) {
    let end = i;
    while (ports[end + 1] === (ports[end] ?? 0) + 1) end++;
    const run = ports.slice(i, end + 1);
    if (run.length > 2) out.push(`${run[0]}-${run.at(-1)}`);
    else out.push(...run.map(String));
    i = end + 1;
  }
  return out;
}

/** `any address`, `203.0.113.0/24`, `10.0.0.0/8 (except 10.1.0.0/16)`, `any address except 192.0.2.1`. */
export function addressesText(addresses: AddressSet, limits: TextLimits = FOR_PEOPLE): string {
  const found = addressClass(addresses);
  if (found.kind === "any") return "any address";
  if (found.kind === "any except") return `any address except ${cut(found.except.map(blockText), limits)}`;
  const list = found.blocks.map(({ block, except }) => {
    const text = block.prefix === 0 ? `any IPv${block.family} address` : blockText(block);
    return except.length === 0 ? text : `${text} (except ${cut(except.map(blockText), limits)})`;
  });
  return cut(list, limits);
}

/** A block of one address is written as the address. */
const blockText = (block: Cidr): string =>
  block.prefix === width(block.family) ? formatIp(ipFromBits(block.family, block.base)) : formatCidr(block);

interface NamesText {
  /** Where it goes, by name; absent: names do not matter. */
  readonly to?: string;
  /** All names but some: too many to be a place. */
  readonly isOpen?: boolean;
  /** What the traffic lacks. */
  readonly without?: string;
}

function namesText({ traffic, names }: ConnectionClass, limits: TextLimits): NamesText {
  const isTls = traffic.includes("tls");
  const widest = traffic.some((kind) => kind !== "tls" && kind !== "opaque")
    ? ALL_HOSTS
    : allNames(isTls ? "tls" : "opaque");
  const others = nameDifference(widest, names);
  if (isNoName(others)) return {};
  const classes = nameClasses(names);
  const missing = isTls ? "without a server name" : "without a host";
  if (classes.every((c) => c.kind === "none")) return { without: missing };
  if (classes.every((c) => c.kind === "ill-formed")) return { without: "with an ill-formed host" };
  if (classes.every((c) => c.kind === "none" || c.kind === "ill-formed"))
    return { without: "without a well-formed host" };
  if (!others.none && !others.illFormed) {
    const except = nameClasses(others).map((c) => nameText(c, limits));
    return { to: `any name or none, except ${cut(except, limits)}`, isOpen: true };
  }
  const words = classes.map((c) => nameText(c, limits));
  return { to: cut(words, limits), isOpen: classes.some((c) => c.kind === "below" && c.rest === "") };
}

function nameText(c: NameClass, limits: TextLimits): string {
  if (c.kind === "none") return "no name";
  if (c.kind === "ill-formed") return "an ill-formed host";
  if (c.kind === "exact") return c.name;
  const below = c.rest === "" ? "any name" : `*.${c.rest}`;
  return c.except.length === 0 ? below : `${below} (except ${cut(c.except, limits)})`;
}

function cut(list: readonly string[], { maxListed }: TextLimits): string {
  if (list.length <= maxListed + 1) return list.join(", ");
  return `${list.slice(0, maxListed).join(", ")} and ${list.length - maxListed} more`;
}
