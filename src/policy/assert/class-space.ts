import type { Dataplane, Labels } from "../model/index.ts";
import { type Port, portFromNumber } from "../net/index.ts";
import {
  ALL_ADDRESSES,
  ALL_NAMED,
  allNames,
  boxSpace,
  type ConnectionClass,
  connectionClasses,
  difference,
  differenceOf,
  EMPTY,
  intervals,
  type NameSet,
  nameIntersection,
  nameSet,
  PORT_COUNT,
  type Region,
  type Space,
  TRAFFIC,
  type Traffic,
  union,
} from "../space/index.ts";
import type { ProxyFilter, Statement, WrittenClass } from "./statement.ts";

/** All connections of some classes. */
export const classesOfSpace = (classes: readonly WrittenClass[]): Space =>
  classes.map(spaceOf).reduce<Space>(union, EMPTY);

/** What a statement speaks of: its classes without the exceptions. */
export const spaceOfStatement = ({ classes, except }: Statement): Space =>
  difference(classesOfSpace(classes), classesOfSpace(except));

/** What a statement speaks of, for people. */
export const statementClasses = (statement: Statement): readonly ConnectionClass[] =>
  connectionClasses(spaceOfStatement(statement));

function spaceOf({ traffic = TRAFFIC, ports, addresses = ALL_ADDRESSES, names }: WrittenClass): Space {
  // In a class `*` is every name, and not the missing one: who means that too leaves `names` out.
  const meant: NameSet | undefined = names === undefined ? undefined : nameIntersection(nameSet(names), ALL_NAMED);
  const listed = ports === undefined ? undefined : listPorts(ports);
  let space = EMPTY;
  for (const kind of traffic) {
    const held = meant === undefined ? allNames(kind) : nameIntersection(meant, allNames(kind));
    const everywhere = boxSpace({ traffic: kind, addresses, names: held });
    const { rest } = everywhere[kind];
    space = { ...space, [kind]: listed === undefined ? everywhere[kind] : onPorts(rest, listed) };
  }
  return space;
}

/** Some ports, or all but some, whichever are fewer. */
type ListedPorts = { readonly ports: readonly Port[]; readonly areMeant: boolean };

function listPorts(ranges: readonly (readonly [number, number])[]): ListedPorts {
  const wanted = intervals(ranges.map(([first, last]) => [BigInt(first), BigInt(last)]));
  const count = wanted.reduce((sum, [first, last]) => sum + Number(last - first) + 1, 0);
  const areMeant = count <= PORT_COUNT / 2;
  const listed = areMeant ? wanted : differenceOf([[1n, BigInt(PORT_COUNT)]], wanted);
  return { ports: listed.flatMap(([first, last]) => numbers(Number(first), Number(last))), areMeant };
}

const onPorts = (region: Region, { ports, areMeant }: ListedPorts): Space[Traffic] => ({
  byPort: new Map(ports.map((port) => [port, areMeant ? region : []])),
  rest: areMeant ? [] : region,
});

const numbers = (first: number, last: number): readonly Port[] =>
  Array.from({ length: last - first + 1 }, (_, i) => portFromNumber(first + i)).flatMap((port) =>
    port.ok ? [port.value] : [],
  );

/** Is the proxy one of those that a filter names? */
export function isAbout({ mesh, names, tags }: ProxyFilter, { meta, inbound, gateway }: Dataplane): boolean {
  if (mesh !== undefined && meta.mesh !== mesh) return false;
  if (names !== undefined && !names.includes(meta.name)) return false;
  if (tags === undefined) return true;
  const places: readonly Labels[] = gateway === undefined ? inbound.map((one) => one.tags) : [gateway.tags];
  return places.some((has) =>
    Object.entries(tags).every(([tag, value]) => Object.hasOwn(has, tag) && (value === "*" || has[tag] === value)),
  );
}
