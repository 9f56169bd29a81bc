import { assertNever } from "../diagnostics/index.ts";
import type { Connection, Rule } from "../model/index.ts";
import { compareIp, contains, domainMatches, isWellFormedHost } from "../net/index.ts";

/** Does the rule, on its own, admit the connection? All of §3. */
export function admits(rule: Rule, connection: Connection): boolean {
  return (
    admitsPort(rule, connection) &&
    admitsProtocol(rule, connection) &&
    admitsAddress(rule, connection) &&
    admitsName(rule, nameOf(connection))
  );
}

/** §3: a rule with a port admits only that destination port; without one, every port. */
export function admitsPort(rule: Rule, connection: Connection): boolean {
  return rule.port === undefined || rule.port === connection.destination.port;
}

/** §3: which bytes the protocol of a rule stands for. */
export function admitsProtocol(rule: Rule, connection: Connection): boolean {
  switch (rule.protocol) {
    // Every connection to the address, whatever the bytes are, TLS and HTTP included (D17).
    case "tcp":
      return true;
    // TLS opened by the application.
    case "tls":
      return connection.kind === "tls";
    // Plaintext HTTP requests of any version.
    case "http":
      return connection.kind === "http";
    // Plaintext HTTP/2 requests (prior knowledge).
    case "http2":
      return connection.kind === "http" && connection.version === "2";
    // Plaintext HTTP/2 requests that are gRPC.
    case "grpc":
      return connection.kind === "http" && connection.version === "2" && connection.isGrpc;
    default:
      return assertNever(rule.protocol);
  }
}

/** §3: is the destination what an address rule says? A Domain rule looks at no address. */
export function admitsAddress({ match }: Rule, connection: Connection): boolean {
  const { ip } = connection.destination;
  switch (match.type) {
    case "Domain":
      return true;
    // The address itself. A v4-mapped IPv6 address is the IPv4 address it carries (§1): both are one value here.
    case "IP":
      return compareIp(match.ip, ip) === 0;
    // It lies in the block; host bits of the written block are ignored.
    case "CIDR":
      return contains(match.block, ip);
    default:
      return assertNever(match);
  }
}

/** §3: "the name" is the server name for TLS and the host of the request for HTTP; other bytes carry none. */
export function nameOf(connection: Connection): string | undefined {
  if (connection.kind === "tls") return connection.serverName;
  return connection.kind === "http" ? connection.host : undefined;
}

/**
 * §3: is the name what a Domain rule says, read as the protocol of the rule reads names? An address rule looks at no
 * name: those of `http`, `http2` and `grpc` admit whatever host, a missing one included.
 */
export function admitsName(rule: Rule, name: string | undefined): boolean {
  if (rule.match.type !== "Domain") return true;
  const { pattern } = rule.match;
  switch (rule.protocol) {
    // `tcp` goes only with IP or CIDR: such a rule is refused before it gets here, and admits nothing if it does.
    case "tcp":
      return false;
    // `*` also admits TLS without a server name. A server name is not checked: it is compared as text (§1), so one
    // with a trailing dot is another name.
    case "tls":
      return name === undefined ? pattern.kind === "any" : domainMatches(pattern, name);
    // A missing host and one that is not well formed (§1) are admitted by no Domain rule, `*` included.
    case "http":
    case "http2":
    case "grpc":
      return name !== undefined && isWellFormedHost(name) && domainMatches(pattern, name);
    default:
      return assertNever(rule.protocol);
  }
}
