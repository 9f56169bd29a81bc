import type { Port } from "../net/index.ts";
import { blocksOf } from "./address-blocks.ts";
import type { AddressSet } from "./addresses.ts";
import { columnsOf } from "./columns.ts";
import { differenceOf, intersectionOf, unionOf } from "./intervals.ts";
import { isNamesWithin, type NameSet, NO_NAMES, nameIntersection, namesFilled, nameUnion } from "./names.ts";
import { PORT_COUNT, type Ports, type Rectangle, type Region, subtractRectangle } from "./space.ts";

/**
 * What every port holds, and what ports hold beyond it: `*.a.test` on any port is said once, not again with what is
 * allowed on 443. `all`: the names that the traffic can carry. Undefined where some port holds less than those that are
 * not listed. Equal sets give equal layers.
 */
export function layersOf(
  { byPort, rest }: Ports,
  all: NameSet,
): readonly [everywhere: Ports, beyond: Ports] | undefined {
  if (rest.length === 0 || byPort.size === PORT_COUNT) return undefined;
  for (const region of byPort.values()) if (without(rest, region).length > 0) return undefined;
  const columns = columnsOf(rest);
  const beyond = new Map<Port, Region>();
  for (const [port, region] of byPort)
    beyond.set(
      port,
      columnsOf(without(region, rest)).map((one) => widened(one, columns, all)),
    );
  return [
    { byPort: new Map(), rest },
    { byPort: beyond, rest: [] },
  ];
}

/** What is in `region` and not in `other`. Rectangles that stand in both cost nothing. */
function without(region: Region, other: Region): Region {
  const shared = new Set(other);
  return other.reduce(
    (left, q) => left.flatMap((p) => subtractRectangle(p, q)),
    region.filter((p) => !shared.has(p)),
  );
}

/** With some of what every port holds, given as columns, where that is shorter to say. */
function widened({ addresses, names }: Rectangle, everywhere: readonly Rectangle[], all: NameSet): Rectangle {
  const here = namesAt(addresses, everywhere);
  const both = nameUnion(names, here);
  const filled = isNamesWithin(all, both) ? both : namesFilled(names, here);
  const more = everywhere.filter((column) => isNamesWithin(filled, column.names)).map((column) => column.addresses);
  const wide = more.reduce(unionOf, addresses);
  return { names: filled, addresses: blocksOf(wide) < blocksOf(addresses) ? wide : addresses };
}

/** The names that all of these addresses have. */
function namesAt(addresses: AddressSet, columns: readonly Rectangle[]): NameSet {
  const here = columns.filter((column) => intersectionOf(column.addresses, addresses).length > 0);
  const others = here.reduce((left, column) => differenceOf(left, column.addresses), addresses);
  return others.length > 0 ? NO_NAMES : here.map(({ names }) => names).reduce(nameIntersection);
}
