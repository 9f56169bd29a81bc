import { type ConnectionText, formatConnection, type ParsedConnection, parseConnection } from "../model/index.ts";
import type { Parsed } from "../net/index.ts";
import { connectionSpace, type Space } from "../space/index.ts";

/** What `why` is asked about: a connection, or all that differ from it in what is not known. */
export interface Question {
  /** Without address: every address. */
  readonly connection: ConnectionText;
  /** Every name and none; `connection` then has none. */
  readonly anyName: boolean;
}

const ANY_NAME = /^([a-z0-9]+:\/\/)\?(?=$|[:@])/i;

/** As `parseConnection`, and with `?` in the place of the name: every name and none, as in `tls://?:443@203.0.113.7`. */
export function parseQuestion(text: string): Parsed<Question, "not-a-connection"> {
  const anyName = ANY_NAME.test(text);
  // Any name will do to read the rest, and is dropped again.
  const parsed: ParsedConnection = parseConnection(anyName ? text.replace(ANY_NAME, "$1x") : text);
  if (!parsed.ok) {
    const help = anyName && /^(?:opaque|tcp):/i.test(text) ? NO_NAME : parsed.help;
    return { ...parsed, ...(help === undefined ? {} : { help }) };
  }
  return { ok: true, value: { connection: anyName ? nameless(parsed.value) : parsed.value, anyName } };
}

const NO_NAME =
  "bytes that are neither TLS nor HTTP carry no name: leave the `?` out, as in `opaque://203.0.113.7:9000`";

function nameless(connection: ConnectionText): ConnectionText {
  if (connection.kind === "tls") {
    const { serverName: _, ...rest } = connection;
    return rest;
  }
  if (connection.kind === "opaque") return connection;
  const { host: _, ...rest } = connection;
  return rest;
}

/** The text of a question; reading it gives the question back. */
export function formatQuestion({ connection, anyName }: Question): string {
  const text = formatConnection(connection);
  return anyName ? text.replace("://", "://?") : text;
}

/** All connections that the question is about. */
export const questionSpace = ({ connection, anyName }: Question): Space => connectionSpace(connection, anyName);
