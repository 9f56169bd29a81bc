import { type Cidr, formatIp } from "../../policy/net/index.ts";
import { ANY_PORT, compareText, type Table } from "../table/index.ts";

/** Names of the sets, each with its nft type. */
export const SET_TYPES = {
  raw4: "ipv4_addr . inet_service",
  raw6: "ipv6_addr . inet_service",
  raw4any: "ipv4_addr",
  raw6any: "ipv6_addr",
} as const;
export type SetName = keyof typeof SET_TYPES;
export const SET_NAMES = ["raw4", "raw6", "raw4any", "raw6any"] as const satisfies readonly SetName[];

/**
 * What goes to the listener without inspection: elements as nft writes them, sorted, none overlapping another of its
 * set (nft refuses a whole transaction for that). `any`: on every port.
 */
export type RedirectSets = { readonly [name in SetName]: readonly string[] };

/** By the rules that they come from. */
const known = new WeakMap<Table["tcp"], RedirectSets>();

/** The addresses that `tcp` rules admit; in mode All every address, since nothing there needs to be looked into. */
export function redirectSets({ mode, tcp }: Table): RedirectSets {
  if (mode === "All") return EVERYTHING;
  const sets = known.get(tcp) ?? setsOf(tcp);
  known.set(tcp, sets);
  return sets;
}

function setsOf(tcp: Table["tcp"]): RedirectSets {
  const elements = (family: 4 | 6, any: boolean) =>
    tcp
      .filter(({ port }) => (port === ANY_PORT) === any)
      .flatMap(({ port, blocks }) =>
        blocks
          .filter((block) => block.family === family)
          .map((block) => (any ? range(block) : `${range(block)} . ${port}`)),
      )
      .sort(compareText);
  return { raw4: elements(4, false), raw6: elements(6, false), raw4any: elements(4, true), raw6any: elements(6, true) };
}

const EVERYTHING: RedirectSets = { raw4: [], raw6: [], raw4any: ["0.0.0.0/0"], raw6any: ["::/0"] };

/** No elements at all. */
export const NO_SETS: RedirectSets = { raw4: [], raw6: [], raw4any: [], raw6any: [] };

const range = ({ family, base, prefix }: Cidr): string => `${formatIp({ family, bits: base })}/${prefix}`;

/** How to get from one state of the sets to another. */
export type SetChange =
  | { readonly kind: "none" }
  /** Cheap: a few milliseconds whatever the size. */
  | { readonly kind: "add"; readonly added: RedirectSets }
  /** Removing elements one by one takes seconds in large sets; replacing the table takes a tenth of one. */
  | { readonly kind: "replace" };

/** The cheapest change that is safe. */
export function setChange(before: RedirectSets, after: RedirectSets): SetChange {
  if (before === after) return { kind: "none" };
  const gone = SET_NAMES.some((name) => without(before[name], after[name]).length > 0);
  if (gone) return { kind: "replace" };
  const [raw4, raw6, raw4any, raw6any] = SET_NAMES.map((name) => without(after[name], before[name]));
  const added = { raw4: raw4 ?? [], raw6: raw6 ?? [], raw4any: raw4any ?? [], raw6any: raw6any ?? [] };
  return SET_NAMES.every((name) => added[name].length === 0) ? { kind: "none" } : { kind: "add", added };
}

function without(all: readonly string[], taken: readonly string[]): string[] {
  const known = new Set(taken);
  return all.filter((element) => !known.has(element));
}
