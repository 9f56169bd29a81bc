import type { Connection } from "../../policy/model/index.ts";
import { formatConnection } from "../../policy/model/index.ts";
import { type Endpoint, type TcpPair, tupleKey } from "../sockets/index.ts";
import type { LogEvent } from "./log-event.ts";

/** A connection that passes through Envoy as it is. */
export interface PassedConnection {
  readonly pair: TcpPair;
  readonly destination: Endpoint;
  readonly startedAt: number;
  readonly serverName?: string;
}

/** A connection with requests that are not answered yet, upgrades included. */
export interface HttpConnection {
  readonly pair: TcpPair;
  readonly requests: readonly { readonly request: Connection; readonly startedAt: number }[];
}

/** What is open, by Envoy's records. Late by one flush interval, and blind to idle HTTP connections. */
export interface OpenConnections {
  /** What is kept of a connection that passes through, when it begins. */
  take(event: LogEvent): PassedConnection | undefined;
  /** Admit one that an earlier agent knew of. */
  restore(connection: PassedConnection): PassedConnection | undefined;
  /** Envoy is gone, and everything with it. */
  clear(): void;
  passed(): IterableIterator<PassedConnection>;
  http(): HttpConnection[];
  knows(pair: TcpPair): boolean;
  /** Forget every passed connection that is not in `keys`, if it began before `startedBefore`. */
  retain(keys: ReadonlySet<string>, startedBefore: number): void;
  readonly size: number;
  /** Connections that were not kept, for lack of room. */
  readonly overlooked: number;
}

interface Requests {
  readonly pair: TcpPair;
  /** Start and facts of a request → how many of them run. */
  readonly running: Map<string, { readonly request: Connection; readonly startedAt: number; count: number }>;
}

/** `limit`: connections and requests kept, each; Envoy's own limit should be lower. */
export function openConnections(limit: number): OpenConnections {
  const passed = new Map<string, PassedConnection>();
  const http = new Map<string, Requests>();
  let overlooked = 0;

  const requestStarted = (event: LogEvent & { kind: "request started" }) => {
    const key = tupleKey(event.pair);
    let connection = http.get(key);
    if (connection === undefined) {
      if (http.size >= limit) {
        overlooked++;
        return;
      }
      connection = { pair: event.pair, running: new Map() };
      http.set(key, connection);
    }
    const id = requestKey(event);
    const same = connection.running.get(id);
    if (same !== undefined) same.count++;
    else if (connection.running.size < limit)
      connection.running.set(id, { request: event.request, startedAt: event.startedAt, count: 1 });
    else overlooked++;
  };
  const requestEnded = (event: LogEvent & { kind: "request ended" }) => {
    const key = tupleKey(event.pair);
    const connection = http.get(key);
    const id = requestKey(event);
    const same = connection?.running.get(id);
    if (connection === undefined || same === undefined) return; // one that Envoy refused before it began
    same.count--;
    if (same.count === 0) connection.running.delete(id);
    if (connection.running.size === 0) http.delete(key);
  };

  /** Workers have a stream each: the end of an earlier connection may come after the beginning of one with its ports. */
  const passedEnded = ({ pair, startedAt }: LogEvent) => {
    const key = tupleKey(pair);
    const known = passed.get(key);
    if (known !== undefined && known.startedAt <= startedAt) passed.delete(key);
  };

  return {
    take(event) {
      if (event.kind === "connected") return this.restore(event);
      if (event.kind === "request started") requestStarted(event);
      else if (event.kind === "request ended") requestEnded(event);
      // the end of an HTTP connection may come before the ends of its requests, which come all the same
      else passedEnded(event);
      return undefined;
    },
    restore({ pair, destination, startedAt, serverName }) {
      if (passed.size >= limit) {
        overlooked++;
        return undefined;
      }
      const connection = { pair, destination, startedAt, ...(serverName !== undefined && { serverName }) };
      passed.set(tupleKey(pair), connection);
      return connection;
    },
    clear() {
      passed.clear();
      http.clear();
    },
    passed: () => passed.values(),
    http: () => [...http.values()].map(({ pair, running }) => ({ pair, requests: [...running.values()] })),
    knows: (pair) => passed.has(tupleKey(pair)) || http.has(tupleKey(pair)),
    retain(keys, startedBefore) {
      for (const [key, { startedAt }] of passed) if (startedAt < startedBefore && !keys.has(key)) passed.delete(key);
      for (const key of http.keys()) if (!keys.has(key)) http.delete(key);
    },
    get size() {
      return passed.size + http.size;
    },
    get overlooked() {
      return overlooked;
    },
  };
}

const requestKey = ({ startedAt, request }: { startedAt: number; request: Connection }): string =>
  `${startedAt} ${formatConnection(request)}`;
