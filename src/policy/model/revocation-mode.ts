import type { Meta } from "./resource.ts";

/** What becomes of an open connection that a change forbids. */
export type RevocationMode =
  | { readonly kind: "cut" }
  /** It has so long to end by itself, then it is cut. */
  | { readonly kind: "drain"; readonly seconds: number }
  /** It goes on until it ends by itself. */
  | { readonly kind: "keep" };

/** Annotation or label of a policy. */
export const REVOCATION_NAME = "sallyport.io/revocation";

/** How a mode is written, for people. */
export const REVOCATION_FORMS = "`cut`, `keep`, or `drain` with a time of 1s to 24h, such as `drain 30s` or `drain-5m`";

const UNITS = { s: 1, m: 60, h: 3_600 } as const;
const DAY_S = 86_400;

/** Undefined: the text is none of {@link REVOCATION_FORMS}. In labels, which have no spaces, `-` stands for one. */
export function parseRevocation(text: string): RevocationMode | undefined {
  if (text === "cut" || text === "keep") return { kind: text };
  const [, digits, unit] = /^drain[ -](\d{1,6})([smh])$/.exec(text) ?? [];
  if (digits === undefined || !isUnit(unit)) return undefined;
  const seconds = Number(digits) * UNITS[unit];
  return seconds >= 1 && seconds <= DAY_S ? { kind: "drain", seconds } : undefined;
}

const isUnit = (text: string | undefined): text is keyof typeof UNITS => text === "s" || text === "m" || text === "h";

/** {@link parseRevocation} reads it back. */
export const formatRevocation = (mode: RevocationMode): string =>
  mode.kind === "drain" ? `drain ${mode.seconds}s` : mode.kind;

/** How long a forbidden connection may live, in seconds: less is stricter. */
export const secondsLeft = (mode: RevocationMode): number =>
  mode.kind === "cut" ? 0 : mode.kind === "keep" ? Number.POSITIVE_INFINITY : mode.seconds;

/** The strictest of several; undefined for none. */
export function strictest(modes: readonly RevocationMode[]): RevocationMode | undefined {
  return modes.reduce<RevocationMode | undefined>(
    (best, mode) => (best === undefined || secondsLeft(mode) < secondsLeft(best) ? mode : best),
    undefined,
  );
}

/** What is written on a resource, the annotation before the label, and whether it can be read; undefined: nothing. */
export function writtenRevocation({ annotations, labels }: Pick<Meta, "annotations" | "labels">): string | undefined {
  if (Object.hasOwn(annotations, REVOCATION_NAME)) return annotations[REVOCATION_NAME];
  return Object.hasOwn(labels, REVOCATION_NAME) ? labels[REVOCATION_NAME] : undefined;
}
