/** Random connections near the boundaries of a policy: one label more, the address after the last, the port next door. */
import {
  type Connection,
  type ConnectionFacts,
  type EffectivePolicy,
  isL7,
  type Rule,
} from "../../src/policy/model/index.ts";
import {
  cidrOf,
  type IpAddress,
  ipFromBits,
  normalizeHost,
  type Port,
  portFromNumber,
  width,
} from "../../src/policy/net/index.ts";
import type { Arrival } from "../../src/simulate/index.ts";
import { pick } from "../../test/e2e/random-policies.ts";
import { ip } from "../../test/laws/builders.ts";
import { below, type Random } from "./policies.ts";

const ANYWHERE = ["203.0.113.10", "192.0.2.9", "10.0.0.1", "2001:db8::1", "2001:db8:ffff::1"].map(ip);
const NAMES = ["a.test", "x.a.test", "b.test", "test", "w.example.com", "com", "other.invalid"];

/** Content types, and whether they make a request over HTTP/2 gRPC. */
const CONTENT_TYPES: readonly (readonly [type: string, isGrpc: boolean])[] = [
  ["application/grpc", true],
  ["application/grpc+proto", true],
  ["application/grpc;charset=utf-8", true],
  ["application/grpcx", false],
  ["Application/gRPC", false],
  ["application/grp", false],
  ["text/plain", false],
];

/** What a client can send and what not: both are for models, the real one is sent what it can be sent. */
export interface ArrivalLimits {
  /** Hosts and names that clients of tests can send. */
  readonly isSendable: boolean;
}

/** One connection; half of them to what some rule says, give or take a little. */
export function randomArrival(random: Random, policy: EffectivePolicy, limits: ArrivalLimits): Arrival {
  const rules = policy.rules.map(({ value }) => value);
  const rule = rules.length === 0 || random() < 0.1 ? undefined : pick(random, rules);
  const other = rules.length === 0 || random() < 0.7 ? rule : pick(random, rules);
  const destination = { ip: addressNear(random, rule), port: portNear(random, random() < 0.5 ? rule : other) };
  const name = random() < 0.08 ? undefined : nameNear(random, other);
  const dice = random();
  if (!limits.isSendable && dice < 0.03) return { connection: { kind: "opaque", destination }, isSilent: true };
  if (dice < 0.12) return { connection: { kind: "opaque", destination } };
  if (wantsTls(random, rule)) return tls(destination, name);
  return http(random, destination, name, limits);
}

function wantsTls(random: Random, rule: Rule | undefined): boolean {
  if (rule === undefined || random() < 0.2) return random() < 0.5;
  return !isL7(rule.protocol) && (rule.protocol === "tls" || random() < 0.5);
}

function tls(destination: Connection["destination"], name: string | undefined): Arrival {
  const serverName = name?.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (serverName === undefined || serverName === "") return { connection: { kind: "tls", destination } };
  return { connection: { kind: "tls", serverName, destination } };
}

function http(
  random: Random,
  destination: Connection["destination"],
  name: string | undefined,
  limits: ArrivalLimits,
): Arrival {
  const version = pick(random, ["1.0", "1.1", "1.1", "2", "2", "2"] as const);
  const [contentType, isGrpcType] = pick(random, CONTENT_TYPES);
  // Only HTTP/1.0 may leave the host out; the codec refuses everything else that does.
  const authority = name === undefined && (version !== "1.0" || random() < 0.5) ? pick(random, NAMES) : name;
  const sent = authority === undefined ? undefined : withPort(random, authority, destination.port);
  const facts: ConnectionFacts = { kind: "http", version, isGrpc: version === "2" && isGrpcType };
  const connection = { ...(sent === undefined ? facts : { ...facts, host: normalizeHost(sent) }), destination };
  const upgrade =
    version === "1.1" && random() < 0.1 ? { upgrade: pick(random, ["websocket", "websocket", "foo"]) } : {};
  const more = limits.isSendable && "upgrade" in upgrade ? {} : { contentType };
  return { connection, ...more, ...upgrade, ...(sent === undefined ? {} : { authority: sent }) };
}

function withPort(random: Random, host: string, port: number): string {
  const dice = random();
  if (dice < 0.7) return host;
  if (dice < 0.8) return `${host}:${port}`;
  return `${host}${pick(random, [":80", ":9999", ":", ":x", ":80:80", ".:443", ":065535"])}`;
}

function portNear(random: Random, rule: Rule | undefined): Port {
  const near = rule?.port ?? pick(random, [80, 443, 8080, 9000, 22]);
  const dice = random();
  const number = dice < 0.75 ? near : dice < 0.9 ? near + pick(random, [-1, 1]) : 1 + below(random, 65_535);
  const port = portFromNumber(Math.min(65_535, Math.max(1, number)));
  if (!port.ok) throw new Error("impossible: it is in range");
  return port.value;
}

/** Both ends of the block, those beside them, one inside, and those that differ in one bit above. */
function addressNear(random: Random, rule: Rule | undefined): IpAddress {
  if (rule === undefined || rule.match.type === "Domain" || random() < 0.1) return pick(random, ANYWHERE);
  const { match } = rule;
  const block = match.type === "IP" ? cidrOf(match.ip.family, match.ip.bits, width(match.ip.family)) : match.block;
  const { family, base, prefix } = block;
  const size = 1n << BigInt(width(family) - prefix);
  const bits = pick(random, [
    base,
    base + size - 1n,
    base + (BigInt(below(random, 2 ** 32)) % size),
    base - 1n,
    base + size,
    base ^ size,
    base ^ (size << BigInt(below(random, 8))),
  ]);
  return ipFromBits(family, BigInt.asUintN(width(family), bits));
}

/** A name that differs from the rule's in one label or one character, or not at all; and some that are no host. */
function nameNear(random: Random, rule: Rule | undefined): string {
  const pattern = rule?.match.type === "Domain" ? rule.match.pattern : undefined;
  const name =
    pattern === undefined || pattern.kind === "any"
      ? pick(random, NAMES)
      : pattern.kind === "exact"
        ? pattern.name
        : `${pick(random, ["", "w.", "w.", "v.w."])}${pattern.rest}`;
  const dice = random();
  if (dice < 0.45) return name;
  if (dice < 0.85) return nearby(random, name);
  return odd(random, name);
}

function nearby(random: Random, name: string): string {
  const labels = name.split(".");
  const at = below(random, labels.length);
  return pick(random, [
    `w.${name}`,
    `v.w.${name}`,
    `w${name}`,
    `${name}w`,
    labels.slice(1).join(".") || name,
    labels.slice(0, -1).join(".") || name,
    labels.with(at, "zz").join("."),
    labels.toSpliced(at, 0, "zz").join("."),
    name.toUpperCase(),
    `${name}.`,
    `w.${name}.`,
  ]);
}

function odd(random: Random, name: string): string {
  return pick(random, [
    `.${name}`,
    `..${name}`,
    `w..${name}`,
    `${name}..`,
    `b.invalid,${name}`,
    `${name},b.invalid`,
    `w,x.${name}`,
    `w x.${name}`,
    `%2e.${name}`,
    `u@w.${name}`,
    `w@${name}`,
    `*.${name}`,
    `ü.${name}`,
    `w~.${name}`,
    "-",
    "-.",
    "10.0.0.1",
    "[2001:db8::1]",
    "[2001:DB8::1",
    "[::1].test",
    "",
  ]);
}
