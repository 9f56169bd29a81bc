import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { claimSocketPath, protectSocket } from "../../xds/index.ts";
import { errorText } from "../host/index.ts";
import type { Quarantined } from "../quarantine/index.ts";
import type { FarewellCounts } from "./farewell.ts";

/** What the sidecar says about itself; `GET /status` gives it as JSON. */
export interface SidecarStatus {
  /** Envoy has acknowledged a policy: `GET /ready` is 200. */
  readonly ready: boolean;
  /** Envoy is connected and has acknowledged all that it was given. */
  readonly envoy: "in step" | "behind";
  /** Whether an Envoy was running, and its process id. */
  readonly pid?: number;
  readonly policy: "none" | "in force";
  readonly mode: string;
  /** Those in force. */
  readonly rules: number;
  /** Rules that are not in force because Envoy rejects them, and how many throw-away Envoys were asked. */
  readonly quarantine: { readonly rules: readonly Quarantined[]; readonly trials: number };
  readonly controlPlane: "none" | "connected" | "not connected";
  readonly openConnections: number;
  readonly denied: number;
  readonly cut: number;
  /** Of connections that a change forbade and that were not cut: those that have a time to end, those that ended in it, those that were kept. */
  readonly spared: FarewellCounts;
  /**
   * Envoy's records that never arrived or could not be read, lines of the report that nobody took, and open connections
   * that were too many to be kept.
   */
  readonly lost: {
    readonly records: number;
    readonly unread: number;
    readonly lines: number;
    readonly connections: number;
  };
  /** Bytes of Envoy's log that are not read yet. */
  readonly behind: number;
}

export interface StatusServer {
  stop(): Promise<void>;
}

/** What there is to read besides. */
export interface StatusPage {
  readonly type: "application/json" | "text/plain; version=0.0.4";
  readonly body: string;
}

/** What is asked for; `body` of a POST. */
export interface StatusQuestion {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body?: Uint8Array;
}

/** Undefined: there is none yet. `refused`: why the question has no answer. */
export type StatusPages = (question: StatusQuestion) => StatusPage | { readonly refused: string } | undefined;

/** Who answers what; the first two always do, the others once the sidecar has started. */
const METHODS: ReadonlyMap<string, "GET" | "POST"> = new Map([
  ["/ready", "GET"],
  ["/status", "GET"],
  ["/hits", "GET"],
  ["/denied", "GET"],
  ["/metrics", "GET"],
  ["/connections", "GET"],
  ["/impact", "POST"],
]);
/** The largest body of a question: some hundred thousand rules. And how many are read at a time. */
const [MOST_BYTES, MOST_BODIES] = [16 * 1024 * 1024, 4];
/** A question is asked from beside: whoever takes longer has stopped in the middle of it. */
const ASKING_MS = 10_000;
const MOST_CONNECTIONS = 64;

interface Answer {
  readonly status: number;
  readonly type: StatusPage["type"] | "text/plain";
  readonly body: string;
  readonly allow?: string;
}

const plain = (status: number, text: string): Answer => ({ status, type: "text/plain", body: `${text}\n` });

/** HTTP on a Unix socket that this user alone may use. Rejects if somebody listens there already. */
export async function serveStatus(
  path: string,
  status: () => SidecarStatus,
  pages: StatusPages,
): Promise<StatusServer> {
  await claimSocketPath(path);
  const bodies = bodyReader();
  const answer = async (request: IncomingMessage): Promise<Answer | undefined> => {
    const asked = placeOf(request.url ?? "/");
    if (asked === undefined) return plain(400, "that is no path");
    const { path, query } = asked;
    const method = METHODS.get(path);
    if (method === undefined) return plain(404, `there is no such page; there are ${[...METHODS.keys()].join(" ")}`);
    if (request.method !== method)
      return { ...plain(405, `\`${path}\` is for ${method}, not for ${request.method}`), allow: method };
    if (path === "/ready") return status().ready ? plain(200, "ready") : plain(503, "not ready");
    if (path === "/status") return { status: 200, type: "application/json", body: `${JSON.stringify(status())}\n` };
    const body = method === "POST" ? await bodies.read(request) : undefined;
    if (body === "gone") return undefined;
    if (body === "too large") return plain(413, `the body is larger than ${MOST_BYTES} bytes`);
    if (body === "too many") return plain(503, `${MOST_BODIES} questions with a body are being asked: try again`);
    const page = pages({ path, query, ...(body !== undefined && { body }) });
    if (page === undefined) return plain(503, "the sidecar is starting: try again");
    return "refused" in page ? plain(400, page.refused) : { status: 200, ...page };
  };
  const server = createServer({
    requestTimeout: ASKING_MS,
    headersTimeout: ASKING_MS,
    connectionsCheckingInterval: 1_000,
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on("request", (request, response) => {
    answer(request)
      .catch((error: unknown) => plain(500, errorText(error)))
      .then((said) => said !== undefined && send(request, response, said));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  protectSocket(path);
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A client that is still sending its body would not see the answer if the connection ended before. */
function send(request: IncomingMessage, response: ServerResponse, { status, type, body, allow }: Answer): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, {
    "content-type": type,
    "content-length": length,
    ...(allow !== undefined && { allow }),
  });
  response.write(body);
  if (request.complete) response.end();
  else request.once("close", () => response.end()).resume();
}

/** Undefined: it is none, as `//`. */
function placeOf(url: string): { readonly path: string; readonly query: URLSearchParams } | undefined {
  const parsed = URL.parse(url, "http://sidecar");
  return parsed === null ? undefined : { path: parsed.pathname, query: parsed.searchParams };
}

/** `gone`: the client is, and nobody waits for an answer. */
type Body = Uint8Array | "too large" | "too many" | "gone";

/** Some at a time, so that memory is bounded whatever clients do. What is too large is read on and thrown away. */
function bodyReader() {
  let reading = 0;
  const read = (request: IncomingMessage): Promise<Body> =>
    new Promise((resolve) => {
      let parts: Buffer[] = [];
      let size = 0;
      request.on("data", (part: Buffer) => {
        size += part.length;
        if (size <= MOST_BYTES) parts.push(part);
        else {
          parts = [];
          resolve("too large");
        }
      });
      request.once("end", () => resolve(Buffer.concat(parts)));
      request.once("close", () => resolve("gone"));
      request.on("error", () => resolve("gone"));
    });
  return {
    async read(request: IncomingMessage): Promise<Body> {
      if (Number(request.headers["content-length"] ?? 0) > MOST_BYTES) return "too large";
      if (reading >= MOST_BODIES) return "too many";
      reading++;
      try {
        return await read(request);
      } finally {
        reading--;
      }
    },
  };
}
