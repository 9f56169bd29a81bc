/** Every way in which a command can end. Documented in docs/reference/cli.md; scripts rely on these numbers. */
export const EXIT = {
  /** Done, or the answer is yes. */
  fine: 0,
  /** The answer is no: faults, deny, differences. */
  no: 1,
  /** The command line cannot be understood. */
  usage: 2,
  /** Something could not be reached, read, written or started. */
  unreachable: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One line for each code, for help and reference. */
export const EXIT_MEANING: Readonly<Record<keyof typeof EXIT, string>> = {
  fine: "fine, or the answer is yes",
  no: "the answer is no: faults, deny, differences",
  usage: "the command line cannot be understood",
  unreachable: "something could not be reached, read, written or started",
};

/** Ends a command with a message for its user: what, where, and what to do; a line a fault. Caught in `run` alone. */
export class CommandError extends Error {
  readonly code: ExitCode;
  readonly help: string | undefined;

  constructor(code: ExitCode, message: string, help?: string) {
    super(message);
    this.name = "CommandError";
    this.code = code;
    this.help = help;
  }
}
