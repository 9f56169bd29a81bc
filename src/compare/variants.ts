import { type Connection, isL7, type Rule, type Sourced } from "../policy/model/index.ts";
import {
  type IpAddress,
  ipFromBits,
  normalizeHost,
  type Port,
  parseIp,
  portFromNumber,
  width,
} from "../policy/net/index.ts";
import type { Arrival } from "../simulate/index.ts";

/** An arrival that only its way of being sent makes different, in words. */
export interface Variant {
  readonly arrival: Arrival;
  readonly how: string;
  /** The same sent in the ordinary way; absent where there is none. */
  readonly plain?: Arrival;
}

/**
 * What sets of connections cannot say: how a host is sent, HTTP/1.0, upgrades, clients that wait. For one rule, connections
 * that it admits but for that.
 */
export function* variantsOf({ value: rule }: Sourced<Rule>, freePort: Port): Generator<Variant> {
  const destination = { ip: addressFor(rule), port: rule.port ?? freePort };
  if (rule.protocol === "tcp")
    yield {
      arrival: { connection: { kind: "opaque", destination }, isSilent: true },
      plain: { connection: { kind: "opaque", destination } },
      how: "a client that waits for the other side to speak",
    };
  if (!isL7(rule.protocol)) return;
  const host = hostFor(rule);
  const version = rule.protocol === "http" ? "1.1" : "2";
  const request = { kind: "http", version, isGrpc: rule.protocol === "grpc", host, destination } as const;
  const plain = { connection: request };
  if (rule.protocol === "http") {
    yield { arrival: { connection: { ...request, version: "1.0" } }, plain, how: "HTTP/1.0" };
    yield { arrival: { connection: request, upgrade: "websocket" }, plain, how: "an upgrade to WebSocket" };
  }
  if (rule.match.type !== "Domain") return;
  for (const [authority, how] of hostsAsSent(rule, host, destination.port))
    yield { arrival: { connection: { ...request, host: normalizeHost(authority) }, authority }, plain, how };
}

function* hostsAsSent({ match }: Rule, host: string, port: Port): Generator<readonly [string, string]> {
  yield [`${host}:${port === 9999 ? 9998 : 9999}`, "a `Host` with another port"];
  yield [`${host}.`, "a `Host` with a trailing dot"];
  if (match.type === "Domain" && match.pattern.kind === "suffix")
    yield [`other.invalid,${host}`, "two hosts, joined by a comma"];
}

/** Connections to the proxy itself: what D18 is about. `proxy`: address and port of its listener. */
export function* toItself(
  proxy: { readonly address: string; readonly port: number },
  rules: readonly Rule[],
): Generator<Variant> {
  const parsed = parseIp(proxy.address);
  const port = portFromNumber(proxy.port);
  if (!parsed.ok || !port.ok) return;
  const destination = { ip: parsed.value, port: port.value };
  const how = "the proxy's own listener";
  yield { arrival: { connection: { kind: "opaque", destination }, isOwn: true }, how };
  for (const rule of rules) {
    const connection: Connection = isL7(rule.protocol)
      ? { kind: "http", version: "1.1", isGrpc: false, host: hostFor(rule), destination }
      : { kind: "tls", serverName: hostFor(rule), destination };
    yield { arrival: { connection, isOwn: true }, how };
  }
}

const SOMEWHERE = { family: 4, bits: 0xcb00_710an } as const; // 203.0.113.10: kept for documentation

function addressFor({ match }: Rule): IpAddress {
  if (match.type === "IP") return match.ip;
  if (match.type === "Domain") return ipFromBits(SOMEWHERE.family, SOMEWHERE.bits);
  const { family, base, prefix } = match.block;
  return ipFromBits(family, prefix === width(family) ? base : base + 1n);
}

function hostFor({ match }: Rule): string {
  if (match.type !== "Domain" || match.pattern.kind === "any") return "www.example.com";
  return match.pattern.kind === "exact" ? match.pattern.name : `www.${match.pattern.rest}`;
}
