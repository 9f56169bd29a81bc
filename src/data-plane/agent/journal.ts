import { appendFileSync, readFileSync } from "node:fs";
import { replaceFile } from "../host/index.ts";
import type { PassedConnection } from "../report/index.ts";
import { endpointOf, formatEndpoint, tupleKey } from "../sockets/index.ts";

/**
 * Which connections were let through, for an agent that comes back while Envoy went on. Not synced: a power cut ends the
 * connections as well.
 */
export interface Journal {
  opened(connection: PassedConnection): void;
  closed(connection: Pick<PassedConnection, "pair">): void;
  /**
   * Write what was said since the last time. Throws what the file system says; the next time everything is written anew,
   * since nobody knows how much of it there is.
   */
  flush(open: Iterable<PassedConnection>): void;
}

/** Lines beyond this many for each open connection are rewritten as one. */
const WASTE = 4;
const MIN_LINES = 1_000;

export function openJournal(path: string): Journal {
  let pending = "";
  let pendingLines = 0;
  let lines = Number.POSITIVE_INFINITY; // whatever an earlier agent left is rewritten first
  const say = (line: readonly unknown[]) => {
    pending += `${JSON.stringify(line)}\n`;
    pendingLines++;
  };
  /** How many lines there are then. */
  const write = (open: Iterable<PassedConnection>): number => {
    if (lines + pendingLines > MIN_LINES) {
      const all = [...open];
      if (lines > MIN_LINES && lines + pendingLines > WASTE * all.length) {
        replaceFile(path, all.map((c) => `${JSON.stringify(lineOf(c))}\n`).join(""));
        return all.length;
      }
    }
    appendFileSync(path, pending);
    return lines + pendingLines;
  };
  return {
    opened: (connection) => say(lineOf(connection)),
    closed: ({ pair }) => say(["-", tupleKey(pair)]),
    flush(open) {
      if (pendingLines === 0 && lines !== Number.POSITIVE_INFINITY) return;
      try {
        lines = write(open);
      } catch (error) {
        lines = Number.POSITIVE_INFINITY;
        throw error;
      } finally {
        [pending, pendingLines] = ["", 0];
      }
    },
  };
}

const lineOf = ({ pair, destination, startedAt, serverName }: PassedConnection): unknown[] => [
  "+",
  formatEndpoint(pair.own),
  formatEndpoint(pair.peer),
  formatEndpoint(destination),
  startedAt,
  serverName ?? null,
];

/** The connections that were open when it was last written; lines that cannot be read are left out. */
export function readJournal(path: string): PassedConnection[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  const open = new Map<string, PassedConnection>();
  for (const line of text.split("\n")) {
    const parsed = parseLine(line);
    if (parsed?.kind === "opened") open.set(tupleKey(parsed.connection.pair), parsed.connection);
    else if (parsed?.kind === "closed") open.delete(parsed.key);
  }
  return [...open.values()];
}

type Line =
  | { readonly kind: "opened"; readonly connection: PassedConnection }
  | { readonly kind: "closed"; readonly key: string };

function parseLine(line: string): Line | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields)) return undefined;
  const [kind, first, second, third, startedAt, serverName]: unknown[] = fields;
  if (kind === "-" && typeof first === "string") return { kind: "closed", key: first };
  const [own, peer, destination] = [first, second, third].map((text) =>
    endpointOf(typeof text === "string" ? text : ""),
  );
  if (kind !== "+" || own === undefined || peer === undefined || destination === undefined) return undefined;
  if (typeof startedAt !== "number") return undefined;
  const connection = { pair: { own, peer }, destination, startedAt };
  return { kind: "opened", connection: typeof serverName === "string" ? { ...connection, serverName } : connection };
}
