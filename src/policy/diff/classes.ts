import type { Connection } from "../model/index.ts";
import { formatCidr, type Port } from "../net/index.ts";
import {
  type AddressSet,
  ALL_ADDRESSES,
  allNames,
  differenceOf,
  freePort,
  isNoName,
  type NameSet,
  nameClasses,
  nameDifference,
  nameUnion,
  type Rectangle,
  type Space,
  TRAFFIC,
  type Traffic,
  toBlocks,
  witnessIn,
} from "../space/index.ts";

/** Ports of a class: some, or all but some. Ascending. */
export type ClassPorts = { readonly only: readonly Port[] } | { readonly except: readonly Port[] };

/** Connections that one sentence describes, with one of them as witness. */
export interface ConnectionClass {
  readonly traffic: readonly Traffic[];
  readonly ports: ClassPorts;
  readonly addresses: AddressSet;
  readonly names: NameSet;
  readonly witness: Connection;
}

/**
 * A set of connections as few classes, biggest traffic first. Ports with the same rectangles are one class, so are kinds
 * of traffic; a class never leaves out or adds a connection.
 */
export function connectionClasses(space: Space): readonly ConnectionClass[] {
  const byText = new Map<string, ConnectionClass>();
  for (const traffic of TRAFFIC) {
    for (const found of classesOf(traffic, space)) {
      const key = `${portsText(found.ports)}|${addressesText(found.addresses)}|${namesKey(traffic, found.names)}`;
      const known = byText.get(key);
      byText.set(key, known === undefined ? found : joinTraffic(known, found));
    }
  }
  return [...byText.values()];
}

/** HTTP hosts are the widest of names: a set that holds all of them holds all that other traffic can carry. */
function joinTraffic(a: ConnectionClass, b: ConnectionClass): ConnectionClass {
  return { ...a, traffic: [...a.traffic, ...b.traffic], names: nameUnion(a.names, b.names) };
}

function classesOf(traffic: Traffic, space: Space): ConnectionClass[] {
  const { byPort, rest } = space[traffic];
  const groups = new Map<string, { rectangle: Rectangle; ports: Port[] }>();
  const put = (rectangle: Rectangle, port?: Port): void => {
    const key = `${addressesText(rectangle.addresses)}|${namesKey(traffic, rectangle.names)}`;
    const group = groups.get(key) ?? { rectangle, ports: [] };
    if (port !== undefined) group.ports.push(port);
    groups.set(key, group);
  };
  for (const rectangle of rest) put(rectangle);
  const restKeys = new Set(groups.keys());
  for (const [port, region] of [...byPort].sort(([a], [b]) => a - b)) for (const r of region) put(r, port);
  return [...groups].flatMap(([key, { rectangle, ports }]) => {
    const classPorts: ClassPorts = restKeys.has(key) ? { except: portsWithout(byPort, ports) } : { only: ports };
    const port = "only" in classPorts ? ports[0] : (ports[0] ?? freePort(byPort));
    const witness = port === undefined ? undefined : witnessIn(traffic, port, [rectangle]);
    return witness === undefined ? [] : [{ traffic: [traffic], ports: classPorts, ...rectangle, witness }];
  });
}

function portsWithout(byPort: ReadonlyMap<Port, unknown>, ports: readonly Port[]): readonly Port[] {
  const named = new Set(ports);
  return [...byPort.keys()].filter((p) => !named.has(p)).sort((a, b) => a - b);
}

/** `port 443`, `any port`, `any port except 25, 80`. */
export function portsText(ports: ClassPorts): string {
  if ("only" in ports) return `port${ports.only.length > 1 ? "s" : ""} ${ports.only.join(", ")}`;
  return ports.except.length === 0 ? "any port" : `any port except ${ports.except.join(", ")}`;
}

/** `any address`, `203.0.113.0/24`, or `any address except …` where that is shorter. */
export function addressesText(addresses: AddressSet): string {
  const others = differenceOf(ALL_ADDRESSES, addresses);
  if (others.length === 0) return "any address";
  const list = (set: AddressSet): string => toBlocks(set).map(formatCidr).map(plainAddress).join(", ");
  return others.length < addresses.length || (addresses.length > 8 && others.length <= 8)
    ? `any address except ${list(others)}`
    : list(addresses);
}

/** A block of one address is written as the address. */
const plainAddress = (block: string): string => block.replace(/^([\d.]+)\/32$|^([\da-f:]+)\/128$/, "$1$2");

/** `any name`, `a.example, *.b.example (except x.b.example), no name`. */
export function namesText(traffic: Traffic, names: NameSet): string {
  if (traffic === "opaque") return "";
  const others = nameDifference(allNames(traffic), names);
  if (isNoName(others)) return "any name or none";
  return nameClasses(names)
    .map((c) => {
      if (c.kind === "none") return traffic === "tls" ? "no server name" : "no host";
      if (c.kind === "ill-formed") return "an ill-formed host";
      if (c.kind === "exact") return c.name;
      const below = c.rest === "" ? "any name" : `*.${c.rest}`;
      return c.except.length === 0 ? below : `${below} (except ${c.except.join(", ")})`;
    })
    .join(", ");
}

/** Sets that mean the same for two kinds of traffic have one key: `all` is all that each of them can carry. */
function namesKey(traffic: Traffic, names: NameSet): string {
  if (isNoName(nameDifference(allNames(traffic), names))) return "all";
  return JSON.stringify(nameClasses(names));
}
