import { kumaTargetRef } from "./target-ref.ts";
import { isKumaCidr, isKumaDnsName, isKumaIp } from "./values.ts";
import { asArray, asText, type JsonObject, structFields, type Violation } from "./violation.ts";

const L7: readonly string[] = ["grpc", "http", "http2"];
const PROTOCOLS: readonly string[] = ["tcp", "tls", ...L7];

/**
 * The violations of a MeshPassthrough's `spec` in Kuma's order. Takes JSON as it was written; the schema, which comes
 * first in Kuma, is not looked at here.
 */
export function kumaSpecViolations(spec: unknown): readonly Violation[] {
  const body = structFields(spec, ["targetRef", "default"]);
  const conf = structFields(body.default, ["appendMatch"]);
  const targetRef =
    body.targetRef === undefined || body.targetRef === null
      ? []
      : kumaTargetRef(body.targetRef, ["Mesh", "MeshSubset"], "spec.targetRef");
  return [...targetRef, ...matchViolations(asArray(conf.appendMatch))];
}

/** What the entries so far said of a port. The protocol is that of the last entry which did not clash. */
interface Seen {
  readonly protocolOf: Map<number, string>;
  readonly triples: Set<string>;
}

function matchViolations(entries: readonly unknown[]): Violation[] {
  const seen: Seen = { protocolOf: new Map(), triples: new Set() };
  return entries.flatMap((entry, i) => {
    const match = structFields(entry, ["type", "value", "port", "protocol"]);
    const at = `spec.default.appendMatch[${i}]`;
    return [...portViolations(match, at, seen), ...protocolViolations(match, at), ...valueViolations(match, at)];
  });
}

function portViolations(match: JsonObject, at: string, seen: Seen): Violation[] {
  const { port } = match;
  if (typeof port !== "number") return [];
  const protocol = asText(match.protocol);
  const value = asText(match.value);
  const out: Violation[] = [];
  if (port === 0 || port > 65_535) out.push({ field: `${at}.port`, message: "port must be a valid (1-65535)" });
  const before = seen.protocolOf.get(port);
  if (before !== undefined && before !== protocol && L7.includes(protocol))
    out.push({
      field: `${at}.port`,
      message: `using the same port in multiple matches requires the same protocol for the following protocols: [${L7.join(" ")}]`,
    });
  else seen.protocolOf.set(port, protocol);
  const triple = JSON.stringify([port, protocol, value]);
  if (seen.triples.has(triple))
    out.push({ field: `${at}.value`, message: `value ${value} is already defiend for this port and protocol` });
  seen.triples.add(triple);
  return out;
}

function protocolViolations(match: JsonObject, at: string): Violation[] {
  if (PROTOCOLS.includes(asText(match.protocol))) return [];
  return [{ field: `${at}.protocol`, message: '"protocol" must be one of ["tcp", "tls", "grpc", "http", "http2"]' }];
}

function valueViolations(match: JsonObject, at: string): Violation[] {
  const type = asText(match.type);
  const value = asText(match.value);
  if (type === "CIDR")
    return isKumaCidr(value) ? [] : [{ field: `${at}.value`, message: "provided CIDR has incorrect value" }];
  if (type === "IP")
    return isKumaIp(value) ? [] : [{ field: `${at}.value`, message: "provided IP has incorrect value" }];
  if (type === "Domain") return domainViolations(match, value, at);
  return [
    { field: `${at}.type`, message: `provided type ${type} is not supported, one of Domain, IP, or CIDR is supported` },
  ];
}

function domainViolations(match: JsonObject, value: string, at: string): Violation[] {
  const protocol = asText(match.protocol);
  const out: Violation[] = [];
  if (protocol === "tcp") out.push({ field: `${at}.protocol`, message: "protocol tcp is not supported for a domain" });
  if (/^\*[^.]/.test(value))
    out.push({
      field: `${at}.value`,
      message: "provided DNS has incorrect value, partial wildcard is currently not supported",
    });
  if (typeof match.port !== "number" && value.startsWith("*") && L7.includes(protocol))
    out.push({ field: `${at}.port`, message: "wildcard domains doesn't work for all ports and layer 7 protocol" });
  if (!value.startsWith("*") && !isKumaDnsName(value))
    out.push({ field: `${at}.value`, message: "provided DNS has incorrect value" });
  return out;
}
