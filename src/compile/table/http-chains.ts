import type { Port } from "../../policy/net/index.ts";
import { comparePortKey } from "./build-table.ts";
import { ANY_PORT, type PortKey, type Table } from "./table.ts";

/** Which HTTP chains a proxy has, and whose ports meet on the chain of any port. */
export interface HttpChains {
  /** Chains, with those that are kept for connections which may be on them. Ascending. */
  readonly ports: readonly PortKey[];
  /** Ports that rules name and that have no chain of their own: their requests are decided on that of any port. */
  readonly shared: readonly Port[];
}

/**
 * The chains for a table, where those of `earlier` are there already. While there is a chain for any port, a port that
 * rules begin to name stays on it: connections to the port may be there, and their next request is decided by the same
 * rules as one of a new connection. `maxIdle`: ports kept although no rule names them.
 */
export function httpChains(table: Table, earlier: readonly PortKey[], maxIdle = Number.POSITIVE_INFINITY): HttpChains {
  const hasAny = earlier.includes(ANY_PORT);
  const onAny = (port: PortKey): Port[] => (hasAny && port !== ANY_PORT && !earlier.includes(port) ? [port] : []);
  const named = table.http.map(({ port }) => port);
  const own = named.filter((port) => onAny(port).length === 0);
  const idle = earlier.filter((port) => !own.includes(port) && port !== ANY_PORT).slice(0, maxIdle);
  const kept: readonly PortKey[] = hasAny ? [...idle, ANY_PORT] : idle;
  const ports = new Set([...own, ...kept]);
  const shared = new Set([...named, ...table.tcp.map(({ port }) => port)].flatMap(onAny));
  return { ports: [...ports].sort(comparePortKey), shared: [...shared].sort(comparePortKey) };
}
