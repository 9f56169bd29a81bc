import { EXIT } from "./exit-codes.ts";

/** Text styles by meaning. Without colour each returns its text unchanged. */
export interface Styles {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly place: (text: string) => string;
}

/** What a command may touch of the process around it; a test passes its own. */
export interface Terminal {
  /** Results: what a pipe should get. */
  readonly out: (text: string) => void;
  /** Progress, warnings, errors. */
  readonly err: (text: string) => void;
  readonly outStyles: Styles;
  readonly errStyles: Styles;
  /** Columns of the terminal behind `out`; absent where it is a file or pipe. */
  readonly columns: number | undefined;
  readonly cwd: string;
  readonly readStdin: () => Promise<Uint8Array>;
  /** From the first call on, INT and TERM abort the signal that it returns instead of ending the process. */
  readonly stopSignal: () => AbortSignal;
}

const sgr =
  (code: number) =>
  (text: string): string =>
    text === "" ? "" : `\u001b[${code}m${text}\u001b[0m`;
const same = (text: string): string => text;

/** The styles of a stream that shows colour, or of one that does not. */
export function stylesFor(hasColor: boolean): Styles {
  if (!hasColor) return { strong: same, faint: same, good: same, bad: same, warn: same, place: same };
  return { strong: sgr(1), faint: sgr(2), good: sgr(32), bad: sgr(31), warn: sgr(33), place: sgr(36) };
}

/** Colour only on a terminal, never with a `NO_COLOR` that is not empty, never on a dumb terminal. */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}

/**
 * Text from files and networks, made safe to print: control characters, which could move the cursor or recolour the
 * screen, and characters that reverse the direction of writing, become `\u{…}`. Tabs and line ends too.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]/gu, (char) => {
    return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** The terminal of this process. A reader that goes away (`| head`) ends the writing, not the command. */
export function processTerminal(): Terminal {
  return {
    out: writer(process.stdout),
    err: writer(process.stderr),
    outStyles: stylesFor(wantsColor(process.stdout, process.env)),
    errStyles: stylesFor(wantsColor(process.stderr, process.env)),
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    cwd: process.cwd(),
    readStdin,
    stopSignal,
  };
}

function writer(stream: NodeJS.WriteStream): (text: string) => void {
  let isOpen = true;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    isOpen = false;
    if (error.code === "EPIPE") return;
    // A disk that is full: what was to be printed is not, whatever the answer was.
    process.exitCode = EXIT.unreachable;
    if (stream !== process.stderr) process.stderr.write(`error: cannot write: ${error.message}\n`);
    process.exit();
  });
  return (text) => {
    if (isOpen) stream.write(text);
  };
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The second signal ends the process the usual way, in case stopping takes too long for its user. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort(signal));
  return controller.signal;
}
