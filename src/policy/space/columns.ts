import { differenceOf, intersectionOf, unionOf } from "./intervals.ts";
import { nameClasses, nameUnion } from "./names.ts";
import type { Rectangle, Region } from "./space.ts";

/** Disjoint addresses, each with all names of the region, no two with the same names. Sorted by their names. */
export function columnsOf(region: Region): readonly Rectangle[] {
  let columns: Rectangle[] = [];
  for (const { addresses, names } of region) {
    const next: Rectangle[] = [];
    let left = addresses;
    for (const column of columns) {
      const shared = intersectionOf(column.addresses, left);
      const apart = shared.length === 0 ? column.addresses : differenceOf(column.addresses, left);
      if (apart.length > 0) next.push({ addresses: apart, names: column.names });
      if (shared.length === 0) continue;
      next.push({ addresses: shared, names: nameUnion(column.names, names) });
      left = differenceOf(left, shared);
    }
    if (left.length > 0) next.push({ addresses: left, names });
    columns = next;
  }
  if (columns.length < 2) return columns;
  const merged = new Map<string, Rectangle>();
  for (const { addresses, names } of columns) {
    const key = JSON.stringify(nameClasses(names));
    const known = merged.get(key);
    merged.set(
      key,
      known === undefined ? { addresses, names } : { names, addresses: unionOf(known.addresses, addresses) },
    );
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, column]) => column);
}
