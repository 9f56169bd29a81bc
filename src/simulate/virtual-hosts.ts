import type { VirtualHost } from "../gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "../gen/envoy/config/route/v3/route_pb.js";
import type { Fault } from "./unpack.ts";

/**
 * The virtual host of an authority, in lower case: the exact domain, the longest `*.x` that is shorter than it, the longest
 * `x*`, then `*`. A domain that comes twice in a table makes Envoy refuse it.
 */
export function virtualHostsOf<T>(
  { virtualHosts, ignorePortInHostMatching }: RouteConfiguration,
  read: (host: VirtualHost) => T,
  fault: Fault,
): (authority: string) => T | undefined {
  const domains = new Map<string, T>();
  for (const host of virtualHosts) {
    const value = read(host);
    if (host.domains.length === 0) fault(`virtual host ${host.name} has no domain`);
    for (const domain of host.domains.map(lowerAscii)) {
      if (domains.has(domain)) fault(`duplicate domain ${domain} in a route table`);
      domains.set(domain, value);
    }
  }
  const suffixes = lengthsOf([...domains.keys()].filter((domain) => domain !== "*" && domain.startsWith("*")));
  const prefixes = lengthsOf([...domains.keys()].filter((domain) => !domain.startsWith("*") && domain.endsWith("*")));
  return (authority) => {
    const host = lowerAscii(ignorePortInHostMatching ? withoutPort(authority) : authority);
    const exact = host === "*" ? undefined : domains.get(host);
    if (exact !== undefined) return exact;
    for (const length of suffixes) {
      const found = length < host.length ? domains.get(`*${host.slice(-length)}`) : undefined;
      if (found !== undefined) return found;
    }
    for (const length of prefixes) {
      const found = length < host.length ? domains.get(`${host.slice(0, length)}*`) : undefined;
      if (found !== undefined) return found;
    }
    return domains.get("*");
  };
}

/** Lengths of what stands beside the `*`, longest first. */
const lengthsOf = (wildcards: readonly string[]): number[] =>
  [...new Set(wildcards.map(({ length }) => length - 1))].sort((a, b) => b - a);

/** Envoy takes whatever follows the last colon for a port, but for one inside brackets. */
function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(":");
  return colon < 0 || authority.lastIndexOf("]") > colon ? authority : authority.slice(0, colon);
}

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
