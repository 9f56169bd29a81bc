import { quote } from "../diagnostics/index.ts";
import {
  formatIp,
  type IpAddress,
  normalizeHost,
  type Parsed,
  type Port,
  parseDomainName,
  parseIp,
  parsePort,
} from "../net/index.ts";
import type { Connection } from "./connection.ts";

/** How a connection is written; tells tools that send traffic more than a verdict may see (`ws` is plain HTTP/1.1). */
export const SCHEMES = ["tls", "http", "http10", "h2c", "grpc", "ws", "opaque"] as const;
/** One of {@link SCHEMES}. */
export type Scheme = (typeof SCHEMES)[number];

type WithoutDestination<C> = C extends unknown ? Omit<C, "destination"> : never;

/** The facts of a connection that do not say where it goes. */
export type ConnectionFacts = WithoutDestination<Connection>;

/**
 * A {@link Connection} as a person writes it. Without `destination.ip` the address is unknown; that never happens
 * where the host or server name is itself an address.
 */
export type ConnectionText = ConnectionFacts & {
  readonly destination: { readonly ip?: IpAddress; readonly port: Port };
  readonly scheme: Scheme;
};

/** Why a text or a document is no connection; `help` says what to write. */
export type ParsedConnection = Parsed<ConnectionText, "not-a-connection">;

/** The connection at a known address; undefined while the address is unknown. */
export function addressed(connection: ConnectionText): Connection | undefined {
  const { ip } = connection.destination;
  return ip === undefined ? undefined : atAddress(connection, ip);
}

/** The same connection to the given address, without what only the text knew. */
export function atAddress(connection: ConnectionText, ip: IpAddress): Connection {
  const { scheme: _, destination, ...facts } = connection;
  return { ...facts, destination: { ip, port: destination.port } };
}

/**
 * Read `tls://name[:port][@ip]`, `http://…`, `http10://…`, `h2c://…`, `grpc://…`, `ws://…` or `opaque://ip:port`
 * (also `tcp://`). The name may be missing (`tls://:443@203.0.113.7`: no server name), an address (the destination,
 * unless `@ip` gives another; TLS then sends no server name, as clients do), or in double quotes as JSON writes them,
 * for a name with characters that mean something here. IPv6 comes in brackets. Ports default to 443 and 80.
 */
export function parseConnection(text: string): ParsedConnection {
  const split = /^([a-z0-9]+):\/\/(.+)$/is.exec(text);
  const scheme = schemeOf(split?.[1] ?? "");
  if (scheme === undefined) return refuse(helpForScheme(text));
  const rest = split?.[2] ?? "";
  const parts = /^("(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^\s"[\]@:/?#]*)(?::([^@]*))?(?:@(.*))?$/s.exec(rest);
  if (parts === null) return refuse(helpForRest(rest, scheme));
  const [, name = "", portText, ipText] = parts;
  const port = parsePort(portText ?? DEFAULT_PORTS[scheme]);
  if (!port.ok) return refuse(helpForPort(portText, scheme));
  const ip = ipText === undefined ? undefined : parseTextIp(ipText);
  if (ip?.ok === false) return refuse("after `@` comes an address, such as `@203.0.113.7` or `@[2001:db8::7]`");
  const help = helpForName(name);
  if (help !== undefined) return refuse(help);
  return fromName(scheme, name, port.value, ip?.value);
}

/** `name` is empty, an address, in quotes, or a name as it stands. */
function fromName(scheme: Scheme, name: string, port: Port, ip: IpAddress | undefined): ParsedConnection {
  if (name === "") return parsedConnection(scheme, undefined, port, ip);
  const address = parseTextIp(name);
  // Clients send no server name where they were given an address.
  if (address.ok && ip === undefined && (scheme === "tls" || scheme === "opaque"))
    return parsedConnection(scheme, undefined, port, address.value);
  if (scheme === "opaque")
    return refuse("bytes that are neither TLS nor HTTP carry no name: `opaque://203.0.113.7:9000`");
  const plain = name.startsWith('"') ? unquote(name) : name;
  if (plain === undefined) return refuse('write what is in quotes as JSON does: `\\"` and `\\\\`');
  return parsedConnection(scheme, plain, port, ip);
}

/**
 * The text of a connection, always with its port; reading it gives the connection back. The scheme, where it is
 * not known, is the one that says the facts: an HTTP/1.1 upgrade is `http`.
 */
export function formatConnection(connection: Connection | ConnectionText): string {
  const scheme = "scheme" in connection ? connection.scheme : schemeOfFacts(connection);
  const { port } = connection.destination;
  const ip: IpAddress | undefined = connection.destination.ip;
  if (connection.kind === "opaque") return `${scheme}://${ip === undefined ? "" : formatTextIp(ip)}:${port}`;
  const name = nameOfFacts(connection);
  const at = ip === undefined ? "" : `@${formatTextIp(ip)}`;
  if (name === undefined) return `${scheme}://:${port}${at}`;
  const saysIp = connection.kind === "http" && ip !== undefined && isAddressText(name, ip);
  return `${scheme}://${formatName(name)}:${port}${saysIp ? "" : at}`;
}

/** No bytes but TLS and HTTP have a port of their own. */
export const DEFAULT_PORTS = {
  tls: "443",
  http: "80",
  http10: "80",
  h2c: "80",
  grpc: "80",
  ws: "80",
  opaque: "",
} as const;

/** A name that is an address says where the connection goes, unless `ip` does. */
export function parsedConnection(
  scheme: Scheme,
  name: string | undefined,
  port: Port,
  ip: IpAddress | undefined,
): ParsedConnection {
  const facts = factsOf(scheme, name);
  const named = parseTextIp(nameOfFacts(facts) ?? "");
  const known = ip ?? (named.ok ? named.value : undefined);
  const destination = known === undefined ? { port } : { ip: known, port };
  return { ok: true, value: { ...facts, destination, scheme } };
}

function factsOf(scheme: Scheme, name: string | undefined): ConnectionFacts {
  if (scheme === "opaque") return { kind: "opaque" };
  if (scheme === "tls") return name === undefined ? { kind: "tls" } : { kind: "tls", serverName: lowerAscii(name) };
  const version = scheme === "http10" ? "1.0" : scheme === "h2c" || scheme === "grpc" ? "2" : "1.1";
  const request = { kind: "http", version, isGrpc: scheme === "grpc" } as const;
  return name === undefined ? request : { ...request, host: normalizeHost(name) };
}

function nameOfFacts(facts: ConnectionFacts): string | undefined {
  if (facts.kind === "tls") return facts.serverName;
  return facts.kind === "http" ? facts.host : undefined;
}

function schemeOf(text: string): Scheme | undefined {
  const lower = text.toLowerCase();
  return lower === "tcp" ? "opaque" : SCHEMES.find((scheme) => scheme === lower);
}

function schemeOfFacts(connection: Connection): Scheme {
  if (connection.kind !== "http") return connection.kind;
  if (connection.isGrpc) return "grpc";
  return connection.version === "2" ? "h2c" : connection.version === "1.0" ? "http10" : "http";
}

/** An IPv4 address, or an IPv6 one in brackets. */
function parseTextIp(text: string): Parsed<IpAddress, "not-an-address"> {
  const inner = /^\[(.*)\]$/s.exec(text)?.[1];
  const ip = parseIp(inner ?? text);
  const fits = inner === undefined ? !text.includes(":") : inner.includes(":");
  return ip.ok && fits ? ip : { ok: false, reason: "not-an-address" };
}

const formatTextIp = (ip: IpAddress): string => (ip.family === 4 ? formatIp(ip) : `[${formatIp(ip)}]`);

function isAddressText(name: string, ip: IpAddress): boolean {
  const named = parseTextIp(name);
  return named.ok && formatIp(named.value) === formatIp(ip);
}

/** As it stands where it reads back as itself, else in quotes, ASCII only: the text goes to terminals and logs. */
function formatName(name: string): string {
  const plain = /^[\x21-\x7e]+$/.test(name) && !/["[\]@:/?#*]/.test(name);
  return plain || parseTextIp(name).ok ? name : JSON.stringify(name).replace(/[^\x20-\x7e]/g, escapeUnit);
}

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

function unquote(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Names are compared as bytes: only the ASCII letters have a case. */
const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Says no, with what to write instead. */
export const refuse = (help: string): ParsedConnection => ({ ok: false, reason: "not-a-connection", help });

function helpForScheme(text: string): string {
  if (/^https:\/\//i.test(text))
    return `write ${quote(`tls${text.slice("https".length)}`)}: what the sidecar sees is TLS`;
  if (/^wss:\/\//i.test(text)) return `write ${quote(`tls${text.slice("wss".length)}`)}: what the sidecar sees is TLS`;
  if (schemeOf(/^([a-z0-9]+):\/\/$/i.exec(text)?.[1] ?? "") !== undefined)
    return "write behind it where it goes, as in `tls://httpbin.org:443` or `opaque://203.0.113.7:9000`";
  const schemes = SCHEMES.map((scheme) => `\`${scheme}://\``).join(", ");
  return `start with one of ${schemes}, as in \`tls://httpbin.org:443\``;
}

function helpForRest(rest: string, scheme: Scheme): string {
  const path = /^([^/?#"]+)[/?#]/.exec(rest)?.[1];
  if (path !== undefined) return `leave the path out: ${quote(`${scheme}://${path}`)}`;
  return `write \`${scheme}://name:port@address\`; a name with spaces, quotes, colons or \`@\` comes in double quotes`;
}

function helpForPort(text: string | undefined, scheme: Scheme): string {
  if (text === undefined) return `\`${scheme}\` has no default port: \`${scheme}://203.0.113.7:9000\``;
  if (text === "") return "write a port from 1 to 65535 behind the colon";
  if (text.includes(":"))
    return "an IPv6 address comes in brackets: `[2001:db8::7]`; a name with a colon in double quotes";
  return `${quote(text)} is no port: write a number from 1 to 65535`;
}

/** What is wrong with a name that is not in quotes, if anything is: tools that send traffic need what is really sent. */
function helpForName(name: string): string | undefined {
  if (name.startsWith('"') || name === "" || parseTextIp(name).ok) return undefined;
  if (name.startsWith("[")) return "brackets hold an IPv6 address; any other name that has them comes in double quotes";
  if (name.includes("*")) return `a connection goes to one name, such as ${quote(name.replaceAll("*", "www"))}`;
  const domain = parseDomainName(name);
  if (domain.ok || domain.reason !== "not-ascii") return undefined;
  return `${domain.help ?? "write the name in ASCII"}; if it is really sent like this, put it in double quotes`;
}
