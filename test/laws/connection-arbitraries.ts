/** Generated connections that fall on both sides of what rules say. */
import fc from "fast-check";
import {
  type Connection,
  type ConnectionFacts,
  type ConnectionText,
  type EffectivePolicy,
  type Rule,
  SCHEMES,
  type Scheme,
} from "../../src/policy/model/index.ts";
import { type IpAddress, ipFromBits, normalizeHost, width } from "../../src/policy/net/index.ts";
import { ip, port } from "./builders.ts";
import { ADDRESSES, effectivePolicy, maybe, PORTS } from "./rule-arbitraries.ts";

/** Hosts as sent: well formed, nearly so, and not at all. */
const HOSTS = [
  "a.test",
  "A.TEST.",
  "a.test:80",
  "a.test.:9000",
  "a.test..",
  "x.a.test",
  "y.x.a.test",
  ".a.test",
  "xa.test",
  "test",
  "b.test",
  "b.test,a.test",
  "a b.test",
  "%2e.a.test",
  "u@x.a.test",
  "a.test:80:80",
  "10.0.0.1",
  "[2001:db8::1]",
  "[2001:DB8::2]:80",
  "-",
  "-.:80",
  "",
  "*",
  'q"\\.test',
  "ü.test",
] as const;

const SERVER_NAMES = HOSTS.map((host) => host.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));

const SCHEME_FACTS: Readonly<
  Record<Exclude<Scheme, "tls" | "opaque">, Omit<Extract<ConnectionFacts, { kind: "http" }>, "host">>
> = {
  http: { kind: "http", version: "1.1", isGrpc: false },
  http10: { kind: "http", version: "1.0", isGrpc: false },
  h2c: { kind: "http", version: "2", isGrpc: false },
  grpc: { kind: "http", version: "2", isGrpc: true },
  ws: { kind: "http", version: "1.1", isGrpc: false },
};

/** What a connection shows, with the scheme that says it. */
export function factsOf(scheme: Scheme, host: string | undefined): ConnectionFacts {
  if (scheme === "opaque") return { kind: "opaque" };
  if (scheme === "tls") return host === undefined ? { kind: "tls" } : { kind: "tls", serverName: host };
  return host === undefined ? SCHEME_FACTS[scheme] : { ...SCHEME_FACTS[scheme], host: normalizeHost(host) };
}

const schemeAndFacts = fc.oneof(
  fc.tuple(fc.constant("tls" as const), maybe(fc.constantFrom(...SERVER_NAMES))),
  fc.tuple(
    fc.constantFrom(...SCHEMES).filter((scheme) => scheme !== "tls"),
    maybe(fc.constantFrom(...HOSTS)),
  ),
);

/** Addresses of rules, and those just outside their blocks. */
export const address: fc.Arbitrary<IpAddress> = fc.oneof(
  fc.constantFrom(...ADDRESSES).map(ip),
  fc.constantFrom("0.0.0.0", "9.255.255.255", "10.0.1.0", "11.0.0.0", "127.255.255.255", "255.255.255.255").map(ip),
  fc.constantFrom("::", "2001:db7:ffff::", "2001:db8:0:1::", "::fffd:ffff:ffff", "::1:0:0:0", "ffff::").map(ip),
);

export const connection: fc.Arbitrary<Connection> = fc
  .tuple(schemeAndFacts, address, fc.oneof(fc.constantFrom(...PORTS), fc.constantFrom(1, 65_535).map(port)))
  .map(([[scheme, host], ip, port]) => ({ ...factsOf(scheme, host), destination: { ip, port } }));

/** A connection as text says it: the address is often unknown, but not where the name is one. */
export const connectionText: fc.Arbitrary<ConnectionText> = fc
  .tuple(schemeAndFacts, fc.boolean(), connection)
  .map(([[scheme, host], isKnown, { destination }]) => {
    const facts = factsOf(scheme, host);
    const named = facts.kind === "tls" ? facts.serverName : facts.kind === "http" ? facts.host : undefined;
    const isAddress = named !== undefined && /^(?:10\.0\.0\.1|\[2001:.*\])$/.test(named);
    return { ...facts, scheme, destination: isKnown || isAddress ? destination : { port: destination.port } };
  });

/** A connection that the rule admits: the first address, the shortest name. */
export function admittedBy({ match, protocol, port: rulePort }: Rule): Connection {
  const scheme = ({ tcp: "opaque", tls: "tls", http: "http", http2: "h2c", grpc: "grpc" } as const)[protocol];
  const pattern = match.type === "Domain" ? match.pattern : undefined;
  const name = pattern?.kind === "exact" ? pattern.name : pattern?.kind === "suffix" ? `w.${pattern.rest}` : "w.test";
  const where =
    match.type === "IP"
      ? match.ip
      : match.type === "CIDR"
        ? ipFromBits(match.block.family, match.block.base)
        : ip("192.0.2.9");
  return { ...factsOf(scheme, name), destination: { ip: where, port: rulePort ?? port(7777) } };
}

/** A connection that the rule admits or that misses it by a hair: a neighbour address, a label more or less, … */
export function connectionNear(near: Rule): fc.Arbitrary<Connection> {
  const exact = admittedBy(near);
  const names = namesNear(near);
  return fc
    .record({
      ip: fc.oneof(
        { weight: 2, arbitrary: fc.constant(exact.destination.ip) },
        fc.constantFrom(...addressesNear(near)),
      ),
      port: fc.oneof({ weight: 2, arbitrary: fc.constant(exact.destination.port) }, fc.constantFrom(...PORTS)),
      facts: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...names).map((name) => withName(exact, name)) },
        fc.tuple(fc.constantFrom(...SCHEMES), fc.constantFrom(...names)).map(([scheme, name]) => factsOf(scheme, name)),
      ),
    })
    .map(({ ip, port, facts }) => ({ ...facts, destination: { ip, port } }));
}

/** Half of them near a rule of the policy, if it has any. */
export const policyAndConnection = (
  policies: fc.Arbitrary<EffectivePolicy> = effectivePolicy,
): fc.Arbitrary<readonly [EffectivePolicy, Connection]> =>
  policies.chain((policy) => {
    const near =
      policy.rules.length === 0
        ? connection
        : fc.constantFrom(...policy.rules).chain(({ value }) => connectionNear(value));
    return fc.tuple(fc.constant(policy), fc.oneof(connection, near));
  });

function withName(facts: Connection, name: string): ConnectionFacts {
  if (facts.kind === "tls") return { kind: "tls", serverName: name };
  return facts.kind === "http"
    ? { kind: "http", version: facts.version, isGrpc: facts.isGrpc, host: normalizeHost(name) }
    : { kind: "opaque" };
}

function namesNear({ match }: Rule): string[] {
  if (match.type !== "Domain" || match.pattern.kind === "any") return [...SERVER_NAMES];
  const name = match.pattern.kind === "exact" ? match.pattern.name : match.pattern.rest;
  return [
    name,
    `w.${name}`,
    `v.w.${name}`,
    `.${name}`,
    `w${name}`,
    `${name}.`,
    `w.${name}.`,
    `w,x.${name}`,
    name.slice(1),
  ];
}

/** Both ends of the block and the addresses beyond them. */
function addressesNear({ match }: Rule): readonly [IpAddress, ...IpAddress[]] {
  if (match.type === "Domain") return [ip("192.0.2.9"), ip("2001:db8::9")];
  const family = match.type === "IP" ? match.ip.family : match.block.family;
  const first = match.type === "IP" ? match.ip.bits : match.block.base;
  const size = match.type === "IP" ? 1n : 1n << BigInt(width(family) - match.block.prefix);
  const end = 1n << BigInt(width(family));
  const around = [first + size - 1n, first - 1n, first + size].filter((bits) => bits >= 0n && bits < end);
  return [ipFromBits(family, first), ...around.map((bits) => ipFromBits(family, bits))];
}
