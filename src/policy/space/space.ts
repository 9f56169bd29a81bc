import type { Connection, ConnectionFacts } from "../model/index.ts";
import { hostCidr, type IpAddress, isWellFormedHost, type Port, portFromNumber } from "../net/index.ts";
import { type AddressSet, ALL_ADDRESSES, addressSet, holdsAddress, someAddress } from "./addresses.ts";
import { differenceOf, intersectionOf } from "./intervals.ts";
import {
  ALL_HOSTS,
  ALL_SERVER_NAMES,
  holdsName,
  isNoName,
  NAMELESS,
  type NameSet,
  nameDifference,
  nameIntersection,
  oneName,
  someName,
} from "./names.ts";

/** The kinds of traffic that rules tell apart. `http1`: versions 1.0 and 1.1, which no rule distinguishes. */
export const TRAFFIC = ["tls", "http1", "http2", "grpc", "opaque"] as const;
export type Traffic = (typeof TRAFFIC)[number];

/** Every name that traffic of a kind can carry. */
export const allNames = (traffic: Traffic): NameSet =>
  traffic === "tls" ? ALL_SERVER_NAMES : traffic === "opaque" ? NAMELESS : ALL_HOSTS;

/** Connections to one of these addresses under one of these names; empty in neither. */
export interface Rectangle {
  readonly addresses: AddressSet;
  readonly names: NameSet;
}

/** Rectangles may overlap; together they are the set. */
export type Region = readonly Rectangle[];

/** Regions by port; `rest` is that of every port not listed. */
export interface Ports {
  readonly byPort: ReadonlyMap<Port, Region>;
  readonly rest: Region;
}

/** A set of connections. Exact: every operation gives just what its name says. */
export type Space = Readonly<Record<Traffic, Ports>>;

const NOTHING: Ports = { byPort: new Map(), rest: [] };

/** No connection. */
export const EMPTY: Space = { tls: NOTHING, http1: NOTHING, http2: NOTHING, grpc: NOTHING, opaque: NOTHING };

/** Some traffic; `port` absent: every port. */
export interface Box {
  readonly traffic: Traffic;
  readonly port?: Port;
  readonly addresses?: AddressSet;
  readonly names?: NameSet;
}

/** The connections of one box: what it leaves out is not restricted. */
export function boxSpace(box: Box): Space {
  const rectangle = { addresses: box.addresses ?? ALL_ADDRESSES, names: box.names ?? allNames(box.traffic) };
  const region = isEmptyRectangle(rectangle) ? [] : [rectangle];
  const ports =
    box.port === undefined ? { byPort: new Map(), rest: region } : { byPort: new Map([[box.port, region]]), rest: [] };
  return { ...EMPTY, [box.traffic]: ports };
}

/** Every connection. */
export const EVERYTHING: Space = mapTraffic((traffic) => ({
  byPort: new Map(),
  rest: [{ addresses: ALL_ADDRESSES, names: allNames(traffic) }],
}));

/** A value for each kind of traffic. */
export function mapTraffic<T>(make: (traffic: Traffic) => T): Readonly<Record<Traffic, T>> {
  return {
    tls: make("tls"),
    http1: make("http1"),
    http2: make("http2"),
    grpc: make("grpc"),
    opaque: make("opaque"),
  };
}

/** What is in either. */
export const union = (a: Space, b: Space): Space => combine(a, b, { ports: bothPorts, of: (x, y) => [...x, ...y] });

/** What is in both. */
export const intersection = (a: Space, b: Space): Space =>
  combine(a, b, {
    ports: (x, y) => (x.rest.length === 0 ? x.byPort.keys() : y.rest.length === 0 ? y.byPort.keys() : bothPorts(x, y)),
    of: (x, y) => x.flatMap((p) => y.flatMap((q) => cut(p, q))),
  });

/** What is in `a` and not in `b`. */
export function difference(a: Space, b: Space): Space {
  // Rules without a port stand in the region of every port as the same rectangles: their part is worked out once.
  const known = new Map<Rectangle, Map<Rectangle, Region>>();
  const subtract = (p: Rectangle, q: Rectangle): Region => {
    const byOther = known.get(p) ?? new Map<Rectangle, Region>();
    known.set(p, byOther);
    const pieces = byOther.get(q) ?? subtractRectangle(p, q);
    byOther.set(q, pieces);
    return pieces;
  };
  return combine(a, b, {
    ports: (x, y) => (x.rest.length === 0 ? x.byPort.keys() : bothPorts(x, y)),
    of: (x, y) => y.reduce((left, q) => left.flatMap((p) => subtract(p, q)), x),
  });
}

const bothPorts = (x: Ports, y: Ports): readonly Port[] => [...x.byPort.keys(), ...y.byPort.keys()];

interface Operation {
  /** The ports at which the result can differ from what it is elsewhere. */
  readonly ports: (x: Ports, y: Ports) => Iterable<Port>;
  readonly of: (x: Region, y: Region) => Region;
}

function combine(a: Space, b: Space, { ports, of }: Operation): Space {
  return mapTraffic((traffic) => {
    const x = a[traffic];
    const y = b[traffic];
    const rest = of(x.rest, y.rest);
    const byPort = new Map<Port, Region>();
    for (const port of new Set(ports(x, y))) {
      const region = of(x.byPort.get(port) ?? x.rest, y.byPort.get(port) ?? y.rest);
      if (region.length > 0 || rest.length > 0) byPort.set(port, region);
    }
    return { byPort, rest };
  });
}

function cut(p: Rectangle, q: Rectangle): Region {
  const both = { addresses: intersectionOf(p.addresses, q.addresses), names: nameIntersection(p.names, q.names) };
  return isEmptyRectangle(both) ? [] : [both];
}

/**
 * At most two disjoint pieces: the addresses outside `q`, and its addresses under other names. `p` itself where they do
 * not meet.
 */
export function subtractRectangle(p: Rectangle, q: Rectangle): Region {
  const common = intersectionOf(p.addresses, q.addresses);
  if (common.length === 0 || isNoName(nameIntersection(p.names, q.names))) return [p];
  const pieces = [
    { addresses: differenceOf(p.addresses, q.addresses), names: p.names },
    { addresses: common, names: nameDifference(p.names, q.names) },
  ];
  return pieces.filter((piece) => !isEmptyRectangle(piece));
}

/** Does it hold no connection? */
export const isEmptyRectangle = (r: Rectangle): boolean => r.addresses.length === 0 || isNoName(r.names);

/** Is there no connection in it? */
export const isEmpty = (space: Space): boolean => TRAFFIC.every((traffic) => isNothing(space[traffic]));

/** Is there no connection of a kind in it? */
export const isNothing = ({ byPort, rest }: Space[Traffic]): boolean =>
  (rest.length === 0 || byPort.size === PORT_COUNT) && [...byPort.values()].every((region) => region.length === 0);

/** Ports that a connection can go to. */
export const PORT_COUNT = 65_535;

/** Do both hold the same connections? */
export const equal = (a: Space, b: Space): boolean => isEmpty(difference(a, b)) && isEmpty(difference(b, a));

/** The facts of a connection that spaces look at. `null`: a host that no Domain rule looks at. */
function factsOf(connection: ConnectionFacts): { traffic: Traffic; name: string | undefined | null } {
  if (connection.kind === "tls") return { traffic: "tls", name: connection.serverName };
  if (connection.kind === "opaque") return { traffic: "opaque", name: undefined };
  const traffic = connection.version !== "2" ? "http1" : connection.isGrpc ? "grpc" : "http2";
  const { host } = connection;
  return { traffic, name: host === undefined || isWellFormedHost(host) ? host : null };
}

/**
 * All connections with these facts; without `ip` to every address, with `anyName` under every name and none. Hosts that
 * are not well formed are not told apart, nor are HTTP 1.0 and 1.1: no rule does.
 */
export function connectionSpace(
  facts: ConnectionFacts & { readonly destination: { readonly ip?: IpAddress; readonly port: Port } },
  anyName = false,
): Space {
  const { traffic, name } = factsOf(facts);
  const { ip, port } = facts.destination;
  const names = anyName ? allNames(traffic) : name === null ? ILL_FORMED : oneName(name);
  return boxSpace({ traffic, port, names, ...(ip === undefined ? {} : { addresses: addressSet([hostCidr(ip)]) }) });
}

const ILL_FORMED: NameSet = { ...ALL_HOSTS, none: false, tree: NAMELESS.tree };

/** Is the connection in the set? */
export function holdsConnection(space: Space, connection: Connection): boolean {
  const { traffic, name } = factsOf(connection);
  const region = space[traffic].byPort.get(connection.destination.port) ?? space[traffic].rest;
  return region.some(
    (r) =>
      holdsAddress(r.addresses, connection.destination.ip) &&
      (name === null ? r.names.illFormed : holdsName(r.names, name)),
  );
}

/** A connection of the set, or undefined where it is empty. Always the same one for the same set. */
export function witness(space: Space): Connection | undefined {
  for (const traffic of TRAFFIC) {
    const { byPort, rest } = space[traffic];
    const ports = [...byPort].sort(([a], [b]) => a - b);
    for (const [port, region] of ports) {
      const found = witnessIn(traffic, port, region);
      if (found !== undefined) return found;
    }
    const free = freePort(byPort);
    const found = free === undefined ? undefined : witnessIn(traffic, free, rest);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A port that is not listed: a high one that people use, else the lowest. */
export function freePort(listed: ReadonlyMap<Port, unknown>): Port | undefined {
  for (const n of [8443, 9443, 50_000]) {
    const port = portFromNumber(n);
    if (port.ok && !listed.has(port.value)) return port.value;
  }
  for (let n = 1; n <= PORT_COUNT; n++) {
    const port = portFromNumber(n);
    if (port.ok && !listed.has(port.value)) return port.value;
  }
  return undefined;
}

/** A connection of one kind to one port that lies in one of the rectangles. */
export function witnessIn(traffic: Traffic, port: Port, region: Region): Connection | undefined {
  for (const { addresses, names } of region) {
    const ip = someAddress(addresses);
    const name = someName(names);
    if (ip === undefined || name === undefined) continue;
    return connectionWith(
      traffic,
      { ip, port },
      name === "none" ? undefined : name === "ill-formed" ? "a,b" : name.name,
    );
  }
  return undefined;
}

function connectionWith(
  traffic: Traffic,
  destination: Connection["destination"],
  name: string | undefined,
): Connection {
  if (traffic === "opaque") return { kind: "opaque", destination };
  if (traffic === "tls")
    return name === undefined ? { kind: "tls", destination } : { kind: "tls", destination, serverName: name };
  const version = traffic === "http1" ? "1.1" : "2";
  const request = { kind: "http", destination, version, isGrpc: traffic === "grpc" } as const;
  return name === undefined ? request : { ...request, host: name };
}
