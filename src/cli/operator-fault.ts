import { CommandError, EXIT } from "./exit-codes.ts";

/** What the operator can mend, as a message without a stack; anything else passes, and keeps its stack. */
export async function asCommandError<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { HostError } = await import("../data-plane/host/index.ts"); // lazily: most commands never need it
    throw error instanceof HostError ? new CommandError(EXIT.unreachable, error.message) : error;
  }
}
