import type { Labels } from "../model/index.ts";

const NONE: ReadonlySet<never> = new Set<never>();

/** Things by the tags that they have or ask for, to be found by one of them. */
export class TagTable<T> {
  readonly #sets = new Map<string, Map<string, Set<T>>>();

  get(tag: string, value: string): ReadonlySet<T> {
    return this.#sets.get(tag)?.get(value) ?? NONE;
  }

  add(tag: string, value: string, thing: T): void {
    const byValue = this.#sets.get(tag) ?? new Map<string, Set<T>>();
    this.#sets.set(tag, byValue);
    const set = byValue.get(value) ?? new Set<T>();
    byValue.set(value, set);
    set.add(thing);
  }

  delete(tag: string, value: string, thing: T): void {
    const byValue = this.#sets.get(tag);
    const set = byValue?.get(value);
    set?.delete(thing);
    if (set?.size === 0) byValue?.delete(value);
    if (byValue?.size === 0) this.#sets.delete(tag);
  }

  /** Of the given tags the one that finds the fewest; undefined if none is given. */
  rarest(tags: Labels): readonly [tag: string, value: string] | undefined {
    let found: readonly [string, string] | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [tag, value] of Object.entries(tags)) {
      const { size } = this.get(tag, value);
      if (size >= fewest) continue;
      fewest = size;
      found = [tag, value];
    }
    return found;
  }
}
