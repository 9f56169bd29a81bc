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

/** Undefined: there is no such page, or not yet. */
export type StatusPages = (path: string, query: URLSearchParams) => StatusPage | undefined;

/** HTTP on a Unix socket that this user alone may use. Rejects if somebody listens there already. */
export async function serveStatus(
  path: string,
  status: () => SidecarStatus,
  pages: StatusPages,
): Promise<StatusServer> {
  await claimSocketPath(path);
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://sidecar");
    const now = status();
    if (request.method !== "GET") response.writeHead(405).end();
    else if (pathname === "/ready")
      response.writeHead(now.ready ? 200 : 503).end(now.ready ? "ready\n" : "not ready\n");
    else {
      const json = pathname === "/status" ? `${JSON.stringify(now)}\n` : undefined;
      const page: StatusPage | undefined =
        json === undefined ? pages(pathname, searchParams) : { type: "application/json", body: json };
      if (page === undefined) response.writeHead(404).end();
      else response.writeHead(200, { "content-type": page.type }).end(page.body);
    }
  };
  const server = createServer((request, response) => {
    try {
      answer(request, response);
    } catch {
      response.writeHead(400).end(); // not a path
    }
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
