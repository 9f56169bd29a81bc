import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Running } from "./child.ts";

/**
 * How a process in a namespace is driven: requests and answers as JSON lines over its standard input and output.
 * A protocol names the operations, each with its arguments and its result; both must survive JSON.
 */
export type Protocol = Readonly<Record<string, { readonly args: unknown; readonly result: unknown }>>;

export type Handlers<P extends Protocol> = {
  readonly [Op in keyof P]: (args: P[Op]["args"]) => P[Op]["result"] | Promise<P[Op]["result"]>;
};

export interface Channel<P extends Protocol> {
  /** Rejects with the message of whatever the other side threw, or when the other side has ended. */
  call<Op extends keyof P & string>(op: Op, args: P[Op]["args"]): Promise<P[Op]["result"]>;
  /** Ends the other side and waits for it. */
  close(): Promise<void>;
}

type Request = { readonly id: number; readonly op: string; readonly args: unknown };
type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: string });

/** Drives a process that calls {@link serve}. What it writes to standard error appears on ours. */
export function openChannel<P extends Protocol>(name: string, running: Running): Channel<P> {
  const { stdin, stdout } = running;
  if (stdin === null || stdout === null) throw new Error("impossible: a channel needs pipes");
  const waiting = new Map<number, (answer: Answer) => void>();
  let next = 0;
  let ended: string | undefined;
  createInterface({ input: stdout }).on("line", (line) => {
    const answer: Answer = JSON.parse(line);
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  stdin.on("error", () => undefined); // told by the end of the process
  const end = (why: string): void => {
    ended = why;
    for (const [id, settle] of waiting) settle({ id, error: why });
    waiting.clear();
  };
  running.exited.then(
    ({ code, signal }) => end(`the ${name} ended with ${signal ?? code}`),
    (error: Error) => end(error.message),
  );
  return {
    call: (op, args) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(new Error(ended));
        const id = next++;
        waiting.set(id, (answer) => {
          // The protocol's types are a promise of the other side, which is this same program.
          if ("error" in answer) reject(new Error(answer.error));
          else resolve(answer.result as P[typeof op]["result"]);
        });
        const request: Request = { id, op, args };
        stdin.write(`${JSON.stringify(request)}\n`);
      }),
    close: async () => {
      stdin.end();
      await running.exited.catch(() => undefined);
    },
  };
}

/** Answers requests until the input ends. Requests run side by side. */
export async function serve<P extends Protocol>(
  handlers: Handlers<P>,
  input: Readable,
  output: Writable,
): Promise<void> {
  for await (const line of createInterface({ input })) {
    const request: Request = JSON.parse(line);
    void answerTo(handlers, request).then((answer) => output.write(`${JSON.stringify(answer)}\n`));
  }
}

async function answerTo<P extends Protocol>(handlers: Handlers<P>, { id, op, args }: Request): Promise<Answer> {
  const handle = handlers[op];
  if (handle === undefined) return { id, error: `unknown operation \`${op}\`` };
  try {
    return { id, result: (await handle(args)) ?? null };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
