/** A set of whole numbers: inclusive, ascending, disjoint, never touching. Equal sets are equal lists. */
export type Intervals = readonly (readonly [first: bigint, last: bigint])[];

/** Any list of ranges, in any order, as a set. */
export function intervals(ranges: Iterable<readonly [bigint, bigint]>): Intervals {
  const sorted = [...ranges].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const out: [bigint, bigint][] = [];
  for (const [first, last] of sorted) {
    const open = out.at(-1);
    if (open === undefined || first > open[1] + 1n) out.push([first, last]);
    else if (last > open[1]) open[1] = last;
  }
  return out;
}

/** What is in either. */
export function unionOf(a: Intervals, b: Intervals): Intervals {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const out: [bigint, bigint][] = [];
  let i = 0;
  let j = 0;
  for (let x = a[i], y = b[j]; x !== undefined || y !== undefined; x = a[i], y = b[j]) {
    const next = x !== undefined && (y === undefined || x[0] <= y[0]) ? x : (y ?? [0n, -1n]);
    if (next === x) i++;
    else j++;
    const open = out.at(-1);
    if (open === undefined || next[0] > open[1] + 1n) out.push([next[0], next[1]]);
    else if (next[1] > open[1]) open[1] = next[1];
  }
  return out;
}

/** What is in both. */
export function intersectionOf(a: Intervals, b: Intervals): Intervals {
  const out: (readonly [bigint, bigint])[] = [];
  let i = 0;
  let j = 0;
  for (let x = a[i], y = b[j]; x !== undefined && y !== undefined; x = a[i], y = b[j]) {
    const first = x[0] > y[0] ? x[0] : y[0];
    const last = x[1] < y[1] ? x[1] : y[1];
    if (first <= last) out.push([first, last]);
    if (x[1] < y[1]) i++;
    else j++;
  }
  return out;
}

/** What is in `a` and not in `b`. */
export function differenceOf(a: Intervals, b: Intervals): Intervals {
  const out: (readonly [bigint, bigint])[] = [];
  let j = 0;
  for (const [first, last] of a) {
    let from = first;
    while (j > 0 && (b[j - 1]?.[1] ?? -1n) >= from) j--;
    for (let y = b[j]; y !== undefined && y[0] <= last && from <= last; y = b[++j]) {
      if (y[1] < from) continue;
      if (y[0] > from) out.push([from, y[0] - 1n]);
      from = y[1] + 1n;
    }
    if (from <= last) out.push([from, last]);
  }
  return out;
}

/** Does the set hold `n`? */
export function holds(set: Intervals, n: bigint): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = set[middle] ?? [0n, -1n];
    if (n < first) high = middle - 1;
    else if (n > last) low = middle + 1;
    else return true;
  }
  return false;
}
