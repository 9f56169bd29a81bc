/** A parsed value, or why the text is none: `reason` for programs, `help` (what to type instead) for people. */
export type Parsed<T, Reason extends string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: Reason; readonly help?: string };

/** Wrap a value that parsed. */
export const parsed = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** Refuse, with what to type instead where that is known. */
export const refused = <Reason extends string>(
  reason: Reason,
  help?: string,
): { readonly ok: false; readonly reason: Reason; readonly help?: string } =>
  help === undefined ? { ok: false, reason } : { ok: false, reason, help };

declare const brand: unique symbol;
/** A value that only its parser can make. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
