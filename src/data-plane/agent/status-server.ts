import { chmodSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { claimSocketPath } from "../../xds/index.ts";
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

/** Undefined: there is no such page, or not yet. `refused`: why the question has no answer. */
export type StatusPages = (question: StatusQuestion) => StatusPage | { readonly refused: string } | undefined;

/** The largest body of a question: some hundred thousand rules. */
const MOST_BYTES = 16 * 1024 * 1024;

/** HTTP on a Unix socket that this user alone may use. Rejects if somebody listens there already. */
export async function serveStatus(
  path: string,
  status: () => SidecarStatus,
  pages: StatusPages,
): Promise<StatusServer> {
  await claimSocketPath(path);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname: path, searchParams: query } = new URL(request.url ?? "/", "http://sidecar");
    const { method } = request;
    const isOwn = path === "/ready" || path === "/status";
    if (method !== "GET" && (isOwn || method !== "POST")) return void response.writeHead(405).end();
    if (path === "/ready") {
      const { ready } = status();
      return void response.writeHead(ready ? 200 : 503).end(ready ? "ready\n" : "not ready\n");
    }
    if (path === "/status") return send(response, { type: "application/json", body: `${JSON.stringify(status())}\n` });
    const body = method === "POST" ? await bodyOf(request) : undefined;
    if (method === "POST" && body === undefined) return void response.writeHead(413, { connection: "close" }).end();
    const page = pages({ path, query, ...(body !== undefined && { body }) });
    if (page === undefined) response.writeHead(404).end();
    else if ("refused" in page) response.writeHead(400, { "content-type": "text/plain" }).end(page.refused);
    else send(response, page);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(400); // not a path, or the body ended early
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const send = (response: ServerResponse, { type, body }: StatusPage): void =>
  void response.writeHead(200, { "content-type": type }).end(body);

/** Undefined: it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > MOST_BYTES) return undefined;
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}
