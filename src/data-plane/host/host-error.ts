/**
 * Something the operator can mend: a missing program, a refused permission, a bad setting. The message says what, where,
 * why, and what to do; no stack is worth showing.
 */
export class HostError extends Error {
  override readonly name = "HostError";
}

/** The text of whatever was thrown. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
