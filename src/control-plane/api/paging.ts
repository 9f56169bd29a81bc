import { type InvalidParameter, refuse } from "./error-answer.ts";

const DEFAULT_SIZE = 100;
const MAX_SIZE = 1_000;

/** A parameter of a query: one value, several, or none. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Which part of a list is asked for. `size` 0: all of it. */
export interface Page {
  readonly size: number;
  readonly offset: number;
}

export const firstOf = (query: Query, name: string): string | undefined => allOf(query, name)[0];

export function allOf(query: Query, name: string): readonly string[] {
  const value = query[name];
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}

/** Throws a 400 that names the parameter. */
export function pageOf(query: Query): Page {
  return {
    size: count(query, "size", DEFAULT_SIZE, "Invalid page size", MAX_SIZE),
    offset: count(query, "offset", 0, "Invalid offset", Number.MAX_SAFE_INTEGER),
  };
}

function count(query: Query, name: string, fallback: number, title: string, max: number): number {
  const text = firstOf(query, name);
  if (text === undefined) return fallback;
  const wrong = (reason: string): InvalidParameter => ({ field: name, reason });
  if (!/^\d{1,15}$/.test(text)) throw refuse(400, title, "invalid format", [wrong("invalid format")]);
  const value = Number(text);
  if (value <= max) return value;
  const reason = `invalid page size of ${value}. Maximum page size is ${max}`;
  throw refuse(400, title, reason, [wrong(reason)]);
}

/** One page of `items`, and the address of the next one: `url` with another offset, or null. */
export function cut<T>(items: readonly T[], { size, offset }: Page, url: URL) {
  const total = items.length;
  if (size === 0) return { total, items, next: null };
  const end = offset + size;
  if (end >= total) return { total, items: items.slice(offset), next: null };
  const next = new URL(url);
  next.searchParams.set("offset", String(end));
  next.searchParams.set("size", String(size));
  return { total, items: items.slice(offset, end), next: next.href };
}
