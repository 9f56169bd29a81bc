import type { Line } from "./line.ts";
import type { Answer, Exchange, HeaderList, Speech } from "./probe.ts";
import { ARRIVED } from "./record.ts";

/** A connection that was made, and what can be done on it: once for a probe, again and again for a live one. */
export interface Session {
  readonly line: Line;
  /** Does all that the speech says; `round` above 0 is a repetition on the same connection. */
  speak(waitMs: number, round: number): Promise<readonly Exchange[]>;
  close(): void;
}

export type SpeechOf<Kind extends Speech["kind"]> = Extract<Speech, { kind: Kind }>;

/** The answer when nothing came: how the connection ended, or that it did not. */
export function silence(line: Line, ms: number): Exchange {
  const { end } = line;
  if (end === undefined) return { answer: "held", ms };
  return { answer: end.how, ms, ...(end.detail === undefined ? {} : { detail: end.detail }) };
}

const OWN = new Set<string>(["400", "403", "404", "408", "431"] satisfies Answer[]);

/** Reads an HTTP answer: the destination's own, the product's refusal, or the proxy's. */
export function answerOf(status: number, headers: HeaderList, grpcStatus: number | undefined): Answer {
  const has = (name: string): string | undefined => headers.find(([n]) => n.toLowerCase() === name)?.[1];
  if (has(ARRIVED) !== undefined) return "pass";
  const marked = has("x-sallyport") === "denied";
  if (grpcStatus === 14) return marked ? "grpc-14" : "unavailable";
  if (status === 503) return marked ? "503" : "unavailable";
  const own = String(status);
  return isOwn(own) ? own : "other";
}

function isOwn(text: string): text is Answer {
  return OWN.has(text);
}
