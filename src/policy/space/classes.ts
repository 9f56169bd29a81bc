import type { Connection } from "../model/index.ts";
import type { Port } from "../net/index.ts";
import { blocksOf } from "./address-blocks.ts";
import { type AddressSet, ALL_ADDRESSES } from "./addresses.ts";
import { breadth } from "./breadth.ts";
import { columnsOf } from "./columns.ts";
import { differenceOf, unionOf } from "./intervals.ts";
import { layersOf } from "./layers.ts";
import {
  isNamesWithin,
  isNoName,
  type NameSet,
  nameClasses,
  nameDifference,
  nameIntersection,
  nameUnion,
} from "./names.ts";
import {
  allNames,
  boxSpace,
  difference,
  EMPTY,
  freePort,
  isNothing,
  type Ports,
  type Rectangle,
  type Region,
  type Space,
  TRAFFIC,
  type Traffic,
  union,
  witnessIn,
} from "./space.ts";

/** Ports of a class: some, or all but some. Ascending. */
export type ClassPorts = { readonly only: readonly Port[] } | { readonly except: readonly Port[] };

/** Connections that one sentence describes, with one of them as witness. */
export interface ConnectionClass {
  readonly traffic: readonly Traffic[];
  readonly ports: ClassPorts;
  readonly addresses: AddressSet;
  /** What kinds of traffic cannot carry means nothing here: `allNames("http1")` is every name of TLS too. */
  readonly names: NameSet;
  /** Classes within it whose connections it leaves out; they have no exceptions of their own. */
  readonly except?: readonly ConnectionClass[];
  readonly witness: Connection;
}

/**
 * A set of connections as few classes, in the order of {@link TRAFFIC}, then ports. Together they hold the set exactly;
 * they may overlap where that is shorter to say. Equal sets have equal classes, whatever they were put together from.
 */
export const connectionClasses = (space: Space): readonly ConnectionClass[] => {
  const plain = plainClasses(space);
  return plain.length < 2 ? plain : withExceptions(space, plain);
};

function plainClasses(space: Space): readonly ConnectionClass[] {
  const [only, ...others] = TRAFFIC.filter((traffic) => !isNothing(space[traffic]));
  if (only === undefined) return [];
  if (others.length === 0) return classesOf(only, space);
  const byText = new Map<string, ConnectionClass>();
  for (const traffic of TRAFFIC) {
    for (const found of classesOf(traffic, space)) {
      const key = `${portsKey(found.ports)}|${addressesKey(found.addresses)}|${namesKey(traffic, found.names)}`;
      const known = byText.get(key);
      byText.set(key, known === undefined ? found : joinTraffic(known, found));
    }
  }
  return [...byText.values()];
}

/** More is not looked at for a shorter form: it is a list that nobody reads whole. */
const MAX_FOR_EXCEPTIONS = 50;

/**
 * `any traffic to 192.0.2.1; except TLS to a.test` instead of two classes that go round the exception: classes with the
 * same addresses, the same traffic and ports, the same ports, or all of them, become the box round them with what it has too much. Only where that
 * is not longer, and where what is left out is little.
 */
function withExceptions(space: Space, plain: readonly ConnectionClass[]): readonly ConnectionClass[] {
  if (plain.length > MAX_FOR_EXCEPTIONS) return plain;
  const boxes: ConnectionClass[] = [];
  let left = plain;
  for (const keyOf of [addressesOf, trafficAndPortsOf, portsOf, () => "all"])
    for (const group of groupsOf(left, keyOf)) {
      const box = boxRound(group, space);
      if (box === undefined) continue;
      boxes.push(box);
      left = left.filter((one) => !group.includes(one));
    }
  if (boxes.length === 0) return plain;
  // What the boxes hold need not be said again.
  const said = classesSpace(boxes);
  return [...boxes, ...left.flatMap((one) => shortest(one, said))];
}

const addressesOf = (one: ConnectionClass): string => addressesKey(one.addresses);
const portsOf = (one: ConnectionClass): string => portsKey(one.ports);
const trafficAndPortsOf = ({ traffic, ports }: ConnectionClass): string => `${traffic.join()} ${portsKey(ports)}`;

function groupsOf(
  classes: readonly ConnectionClass[],
  keyOf: (one: ConnectionClass) => string,
): Iterable<readonly ConnectionClass[]> {
  const groups = new Map<string, ConnectionClass[]>();
  for (const one of classes) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups.values();
}

/** An exception is at most this part of what it is left out of. */
const LITTLE = 64n;

/** All kinds of traffic of the classes, on all their ports, to all their addresses, under all their names. */
function boxRound(group: readonly ConnectionClass[], space: Space): ConnectionClass | undefined {
  const [first] = group;
  if (first === undefined || group.length < 2) return undefined;
  const traffic = TRAFFIC.filter((kind) => group.some((one) => one.traffic.includes(kind)));
  const only = new Set(group.flatMap(({ ports }) => ("only" in ports ? ports.only : [])));
  const isOpen = group.some(({ ports }) => "except" in ports);
  const ports: ClassPorts = isOpen ? { except: [] } : { only: [...only].sort((a, b) => a - b) };
  const addresses = group.map((one) => one.addresses).reduce(unionOf);
  const box = { ...first, traffic, ports, addresses, names: group.map(({ names }) => names).reduce(nameUnion) };
  const held = classesSpace([box]);
  const tooMuch = difference(held, space);
  const except = plainClasses(tooMuch);
  if (except.length === 0) return box;
  if (1 + except.length > group.length || breadth(tooMuch) * LITTLE > breadth(held)) return undefined;
  return isOpen ? withoutPorts(box, except) : { ...box, except };
}

/** Ports on which a box leaves out all that it holds are said as such: `any port except 25`. */
function withoutPorts(box: ConnectionClass, exceptions: readonly ConnectionClass[]): ConnectionClass {
  const closed: Port[] = [];
  const except = exceptions.filter(({ traffic, ports, addresses, names }) => {
    const isAll =
      traffic.length === box.traffic.length &&
      differenceOf(box.addresses, addresses).length === 0 &&
      isNamesWithin(box.names, names);
    if (!isAll || !("only" in ports)) return true;
    closed.push(...ports.only); // one class at most is all of it, and its ports ascend
    return false;
  });
  return { ...box, ports: { except: closed }, except };
}

/** The class, or what it holds beyond `said` where that takes fewer words. */
function shortest(one: ConnectionClass, said: Space): readonly ConnectionClass[] {
  const left = plainClasses(difference(classesSpace([one]), said));
  const [only, second] = left;
  if (only === undefined) return [];
  return second === undefined && blocksOf(only.addresses) < blocksOf(one.addresses) ? [only] : [one];
}

/** The connections of classes, as a set again. */
export function classesSpace(classes: readonly ConnectionClass[]): Space {
  let space = EMPTY;
  for (const { traffic, ports, addresses, names, except = [] } of classes) {
    let held = EMPTY;
    for (const kind of traffic) {
      const everywhere = boxSpace({ traffic: kind, addresses, names: nameIntersection(names, allNames(kind)) });
      const { rest } = everywhere[kind];
      const byPort = new Map("only" in ports ? ports.only.map((p) => [p, rest]) : ports.except.map((p) => [p, []]));
      held = { ...held, [kind]: { byPort, rest: "only" in ports ? [] : rest } };
    }
    space = union(space, except.length === 0 ? held : difference(held, classesSpace(except)));
  }
  return space;
}

/** HTTP hosts are the widest of names: a set that holds all of them holds all that other traffic can carry. */
function joinTraffic(a: ConnectionClass, b: ConnectionClass): ConnectionClass {
  return { ...a, traffic: [...a.traffic, ...b.traffic], names: nameUnion(a.names, b.names) };
}

const classesOf = (traffic: Traffic, space: Space): readonly ConnectionClass[] =>
  (layersOf(space[traffic], allNames(traffic)) ?? [space[traffic]]).flatMap((ports) => classesOfPorts(traffic, ports));

function classesOfPorts(traffic: Traffic, { byPort, rest }: Ports): ConnectionClass[] {
  const isAlone = byPort.size + (rest.length > 0 ? 1 : 0) === 1;
  const groups = new Map<string, { rectangle: Rectangle; ports: Port[] }>();
  const canonical = new Map<Region, readonly (readonly [string, Rectangle])[]>();
  const keyed = (region: Region): readonly (readonly [string, Rectangle])[] => {
    const known = canonical.get(region);
    if (known !== undefined) return known;
    const rectangles = widest(region);
    // Keys are for telling rectangles apart, and large sets have long ones.
    const [alone] = isAlone ? rectangles : [];
    if (alone !== undefined && rectangles.length === 1) return [["", alone]];
    const made = rectangles.map((r) => [`${addressesKey(r.addresses)}|${namesKey(traffic, r.names)}`, r] as const);
    canonical.set(region, made);
    return made;
  };
  for (const [key, rectangle] of keyed(rest)) groups.set(key, { rectangle, ports: [] });
  const restKeys = new Set(groups.keys());
  for (const [port, region] of [...byPort].sort(([a], [b]) => a - b))
    for (const [key, rectangle] of keyed(region)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { rectangle, ports: [port] });
      else group.ports.push(port);
    }
  return [...groups].flatMap(([key, { rectangle, ports }]) => {
    const classPorts: ClassPorts = restKeys.has(key) ? { except: portsWithout(byPort, ports) } : { only: ports };
    const port = "only" in classPorts ? ports[0] : (freePort(byPort) ?? ports[0]);
    const witness = port === undefined ? undefined : witnessIn(traffic, port, [rectangle]);
    return witness === undefined ? [] : [{ traffic: [traffic], ports: classPorts, ...rectangle, witness }];
  });
}

/**
 * The region as rectangles that nothing could be added to, without those that others cover. First every address with
 * all its names: that is the same whatever rectangles the region was given as.
 */
function widest(region: Region): readonly Rectangle[] {
  const columns = columnsOf(region);
  const wide = columns.map(({ names }) => ({
    names,
    addresses: columns
      .filter((c) => isNamesWithin(names, c.names))
      .map(({ addresses }) => addresses)
      .reduce(unionOf),
  }));
  return wide.filter((one) => {
    const smaller = wide.filter((other) => other !== one && isNamesWithin(other.names, one.names));
    if (smaller.length === 0) return true;
    const covered = smaller.map(({ names }) => names).reduce(nameUnion);
    return !isNoName(nameDifference(one.names, covered));
  });
}

function portsWithout(byPort: ReadonlyMap<Port, unknown>, ports: readonly Port[]): readonly Port[] {
  const named = new Set(ports);
  return [...byPort.keys()].filter((p) => !named.has(p)).sort((a, b) => a - b);
}

const portsKey = (ports: ClassPorts): string => ("only" in ports ? ports.only.join() : `!${ports.except.join()}`);

const addressesKey = (set: AddressSet): string =>
  differenceOf(ALL_ADDRESSES, set).length === 0 ? "all" : set.map(([first, last]) => `${first}-${last}`).join();

/** Sets that mean the same for two kinds of traffic have one key: what they leave out of all that each can carry. */
function namesKey(traffic: Traffic, names: NameSet): string {
  const others = nameDifference(allNames(traffic), names);
  if (!others.none && !others.illFormed) return `all but ${JSON.stringify(nameClasses(others))}`;
  return JSON.stringify(nameClasses(names));
}
