/**
 * Every code that a diagnostic can carry, with its severity. Codes are stable: a retired one is never used again.
 * E0xx text, E1xx one field, E2xx several fields or resources, W3xx warnings.
 */
export const DIAGNOSTIC_CODES = {
  "E001-syntax": "error",
} as const satisfies Record<string, "error" | "warning">;

/** One of the keys of {@link DIAGNOSTIC_CODES}. */
export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;
