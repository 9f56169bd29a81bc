import type { Incoming } from "./line.ts";
import type { HeaderList } from "./probe.ts";

export interface Http1Response {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: string;
  /** The body lasts until the connection ends, or is not complete. */
  readonly untilEnd: boolean;
}

const HEAD_BODY = new Set([204, 304]);

/**
 * Reads one HTTP/1 answer, interim ones left out. Written by hand because a probe must see what really came:
 * undefined where the connection ended, or the time was over, before a whole head.
 */
export async function readResponse(
  from: Incoming,
  method: string,
  deadline: number,
): Promise<Http1Response | undefined> {
  for (;;) {
    const head = await readHead(from, deadline);
    if (head === undefined) return undefined;
    if (head.status >= 100 && head.status < 200 && head.status !== 101) continue;
    if (head.status === 101 || method === "HEAD" || method === "CONNECT" || HEAD_BODY.has(head.status))
      return { ...head, body: "", untilEnd: false };
    return { ...head, ...(await readBody(from, head.headers, deadline)) };
  }
}

async function readHead(
  from: Incoming,
  deadline: number,
): Promise<Pick<Http1Response, "status" | "headers"> | undefined> {
  let end = from.bytes.indexOf("\r\n\r\n");
  while (end < 0) {
    if (!(await from.more(deadline))) return undefined;
    end = from.bytes.indexOf("\r\n\r\n");
  }
  const [first = "", ...lines] = from
    .take(end + 4)
    .toString("latin1", 0, end)
    .split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  if (status === undefined) return undefined;
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return { status: Number(status), headers };
}

type Body = Pick<Http1Response, "body" | "untilEnd">;

async function readBody(from: Incoming, headers: HeaderList, deadline: number): Promise<Body> {
  const value = (name: string): string | undefined => headers.find(([n]) => n.toLowerCase() === name)?.[1];
  if (value("transfer-encoding")?.toLowerCase() === "chunked") return readChunks(from, deadline);
  const length = value("content-length");
  if (length === undefined) {
    while (await from.more(deadline));
    return { body: from.take(from.bytes.length).toString("latin1"), untilEnd: true };
  }
  const whole = await atLeast(from, Number(length), deadline);
  return { body: from.take(Number(length)).toString("latin1"), untilEnd: !whole };
}

async function readChunks(from: Incoming, deadline: number): Promise<Body> {
  let body = "";
  for (;;) {
    let end = from.bytes.indexOf("\r\n");
    while (end < 0) {
      if (!(await from.more(deadline))) return { body, untilEnd: true };
      end = from.bytes.indexOf("\r\n");
    }
    const size = Number.parseInt(from.take(end + 2).toString("latin1"), 16);
    if (size === 0) {
      const whole = await skipTrailers(from, deadline);
      return { body, untilEnd: !whole };
    }
    if (!(await atLeast(from, size + 2, deadline))) return { body, untilEnd: true };
    body += from.take(size + 2).toString("latin1", 0, size);
  }
}

async function skipTrailers(from: Incoming, deadline: number): Promise<boolean> {
  for (;;) {
    const end = from.bytes.indexOf("\r\n");
    if (end >= 0) {
      from.take(end + 2);
      if (end === 0) return true;
    } else if (!(await from.more(deadline))) return false;
  }
}

async function atLeast(from: Incoming, length: number, deadline: number): Promise<boolean> {
  while (from.bytes.length < length) if (!(await from.more(deadline))) return false;
  return true;
}
