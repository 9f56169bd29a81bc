import { quote } from "../diagnostics/index.ts";
import { parseIp, parsePort } from "../net/index.ts";
import type { Connection } from "./connection.ts";
import {
  DEFAULT_PORTS,
  type ParsedConnection,
  parseConnection,
  parsedConnection,
  refuse,
  type Scheme,
} from "./connection-text.ts";

/**
 * The long form: `{ destination: { ip?, port? }, kind, serverName? | version, host?, isGrpc? }`, as a YAML or JSON
 * document holds it; a string is read as {@link parseConnection} reads it. Unknown fields are refused: a
 * misspelt `serverName` would test something else. `version` may be the number that YAML makes of `1.1`.
 */
export function connectionFromObject(value: unknown): ParsedConnection {
  if (typeof value === "string") return parseConnection(value);
  if (!isRecord(value))
    return refuse("write a text such as `tls://httpbin.org:443`, or a map with `kind` and `destination`");
  const facts = factsFromObject(value);
  if (typeof facts === "string") return refuse(facts);
  const extra = Object.keys(value).find((key) => !facts.fields.includes(key));
  if (extra !== undefined)
    return refuse(
      `${quote(extra)} is no field of a connection of kind \`${facts.kind}\`: it has ${facts.fields.map((f) => `\`${f}\``).join(", ")}`,
    );
  const { destination } = value;
  if (!isRecord(destination)) return refuse("`destination` is a map with `port`, and `ip` where the address is known");
  const strange = Object.keys(destination).find((key) => key !== "ip" && key !== "port");
  if (strange !== undefined)
    return refuse(`${quote(`destination.${strange}`)} is no field: a destination has \`ip\` and \`port\``);
  const port = parsePort(String(destination.port === undefined ? DEFAULT_PORTS[facts.scheme] : destination.port));
  if (!port.ok) return refuse("`destination.port` is a number from 1 to 65535");
  const ip = destination.ip === undefined ? undefined : parseIp(String(destination.ip));
  if (ip !== undefined && !ip.ok) return refuse(`\`destination.ip\`: ${ip.help ?? "write an IPv4 or IPv6 address"}`);
  return parsedConnection(facts.scheme, facts.name, port.value, ip?.value);
}

type ObjectFacts = {
  readonly kind: Connection["kind"];
  readonly scheme: Scheme;
  readonly name: string | undefined;
  readonly fields: readonly string[];
};

/** The facts of the long form, or what is wrong with them. */
function factsFromObject(value: Readonly<Record<string, unknown>>): ObjectFacts | string {
  const { kind, serverName, version, host, isGrpc } = value;
  if (kind === "opaque") return { kind, scheme: "opaque", name: undefined, fields: ["kind", "destination"] };
  if (kind === "tls") {
    if (serverName !== undefined && typeof serverName !== "string")
      return "`serverName` is a text; leave it out where none is sent";
    return { kind, scheme: "tls", name: serverName, fields: ["kind", "destination", "serverName"] };
  }
  if (kind !== "http") return "`kind` is `tls`, `http` or `opaque`";
  const scheme = schemeOfVersion(version);
  if (scheme === undefined) return "`version` is `1.0`, `1.1` or `2`";
  if (host !== undefined && typeof host !== "string") return "`host` is a text; leave it out where none is sent";
  if (isGrpc !== undefined && typeof isGrpc !== "boolean") return "`isGrpc` is `true` or `false`";
  if (isGrpc === true && scheme !== "h2c") return "a gRPC request is `version: 2`";
  const fields = ["kind", "destination", "version", "host", "isGrpc"];
  return { kind, scheme: isGrpc === true ? "grpc" : scheme, name: host, fields };
}

/** YAML reads `1.0` as the number 1. */
function schemeOfVersion(version: unknown): Scheme | undefined {
  if (version === "1.0" || version === 1) return "http10";
  if (version === "1.1" || version === 1.1) return "http";
  return version === "2" || version === 2 ? "h2c" : undefined;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
