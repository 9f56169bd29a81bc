/**
 * What Envoy is given, and what it made of it. One offer at a time: it counts as accepted when Envoy has acknowledged
 * all of it, and as rejected when Envoy refused any of it; then what was accepted last is in force again, whole.
 *
 *   offer(resources) ──▶ clusters ─ACK─▶ listeners ─ACK─▶ routes ─ACK─▶ accepted
 *                                             └─NACK─▶ the last accepted ones again ─ACK─▶ rejected, with Envoy's text
 */
import { chownSync } from "node:fs";
import type { Server } from "@grpc/grpc-js";
import type { ResourceBytes } from "../../compile/envoy/index.ts";
import {
  type AdsStream,
  EMPTY_SNAPSHOT,
  type EncodedResource,
  messageIn,
  type ResourceSet,
  type Snapshot,
  serveAds,
  TYPE_URLS,
  versionOf,
} from "../../xds/index.ts";
import type { Log } from "../host/index.ts";

/** All that Envoy has, by type. */
export interface EnvoySnapshot {
  readonly clusters: ResourceSet;
  readonly listeners: ResourceSet;
  readonly routes: ResourceSet;
}

export type Offer = { readonly kind: "accepted" } | { readonly kind: "rejected"; readonly why: string };

export interface EnvoyFeed {
  /** Give Envoy this from now on. Resolves when it is settled, however long Envoy takes to be there. */
  offer(snapshot: EnvoySnapshot): Promise<Offer>;
  /** Envoy is connected and has acknowledged all that it was last given. */
  readonly isSettled: boolean;
  stop(): Promise<void>;
}

export interface FeedSettings {
  readonly socketPath: string;
  /** Envoy's user, who must be able to connect; absent: this one. */
  readonly uid?: number;
  /** More services for the same socket. */
  readonly services?: (server: Server) => void;
  readonly onConnected: () => void;
  readonly onDisconnected: () => void;
  readonly log: Log;
}

interface Acknowledged {
  readonly version: string;
  readonly names: readonly string[];
}

const TYPES = [TYPE_URLS.cluster, TYPE_URLS.listener, TYPE_URLS.route] as const;
/** After this long without an answer the operator is told. Envoy takes milliseconds. */
const SLOW_MS = 5_000;

/** Over one offer. Once may be chance; a configuration that kills Envoy would do so for ever. */
const MOST_ENDS = 3;

/** Rejects if the socket cannot be listened on. */
export async function serveEnvoy(settings: FeedSettings): Promise<EnvoyFeed> {
  const { log } = settings;
  let stream: AdsStream | undefined;
  let given: EnvoySnapshot | undefined;
  let accepted: EnvoySnapshot | undefined;
  const acknowledged = new Map<string, Acknowledged>();
  let rejection: string | undefined;
  let waiting: (() => void) | undefined;
  let ended = 0;

  const isAcknowledged = (): boolean => given !== undefined && stream !== undefined && isWhole(given, acknowledged);
  const look = () => {
    if (rejection !== undefined || isAcknowledged()) waiting?.();
  };
  const ads = await serveAds({
    listen: { kind: "unix", path: settings.socketPath },
    ...(settings.services !== undefined && { services: settings.services }),
    snapshotFor: () => (given === undefined ? EMPTY_SNAPSHOT : snapshotOf(given)),
    onStream(opened) {
      stream = opened;
      acknowledged.clear();
      settings.onConnected();
    },
    onClose(closed) {
      if (closed.id !== stream?.id) return;
      stream = undefined;
      acknowledged.clear();
      settings.onDisconnected();
      if (waiting !== undefined && ++ended >= MOST_ENDS) rejection ??= "it ended each time it was given this";
      look();
    },
    onAck(from, type, version, names) {
      if (from.id !== stream?.id) return;
      acknowledged.set(type, { version, names });
      look();
    },
    onNack(from, type, version, message, names) {
      if (from.id !== stream?.id) return;
      // an answer to what is no longer offered tells nothing
      if (given === undefined || version !== versionOf(wantedOf(given, type, names))) return;
      log.error({ type, said: message }, "envoy rejected its configuration");
      acknowledged.delete(type); // part of what was rejected may be in force
      rejection ??= message;
      look();
    },
  });
  if (settings.uid !== undefined) chownSync(settings.socketPath, settings.uid, settings.uid);

  /** Resolves to Envoy's text if it refused. */
  const give = async (snapshot: EnvoySnapshot): Promise<string | undefined> => {
    given = snapshot;
    [rejection, ended] = [undefined, 0];
    ads.changed();
    const slow = setTimeout(() => log.warn({ connected: stream !== undefined }, "envoy has not answered yet"), SLOW_MS);
    await new Promise<void>((resolve) => {
      waiting = resolve;
      look();
    });
    waiting = undefined;
    clearTimeout(slow);
    return rejection;
  };

  return {
    async offer(snapshot) {
      const why = await give(snapshot);
      if (why === undefined) {
        accepted = snapshot;
        return { kind: "accepted" };
      }
      if (accepted !== undefined && (await give(accepted)) !== undefined)
        log.error({}, "envoy rejected what it had accepted before; it keeps what it has");
      return { kind: "rejected", why };
    },
    get isSettled() {
      return isAcknowledged();
    },
    stop: () => ads.stop(),
  };
}

/** The messages in it, as somebody else than xDS may take them. */
export function bytesOf({ clusters, listeners, routes }: EnvoySnapshot): ResourceBytes {
  const values = (set: ResourceSet) => [...set.values()].map(messageIn);
  return { clusters: values(clusters), listeners: values(listeners), routes: values(routes) };
}

const snapshotOf = ({ clusters, listeners, routes }: EnvoySnapshot): Snapshot =>
  new Map([
    [TYPE_URLS.cluster, clusters],
    [TYPE_URLS.listener, listeners],
    [TYPE_URLS.route, routes],
  ]);

/** Has Envoy acknowledged everything, each route table that there is included? */
function isWhole(given: EnvoySnapshot, acknowledged: ReadonlyMap<string, Acknowledged>): boolean {
  return TYPES.every((type) => {
    const got = acknowledged.get(type);
    if (type !== TYPE_URLS.route) return got !== undefined && got.version === versionOf(wantedOf(given, type, []));
    if (given.routes.size === 0) return true; // Envoy asks for none
    if (got === undefined || [...given.routes.keys()].some((name) => !got.names.includes(name))) return false;
    return got.version === versionOf(wantedOf(given, type, got.names));
  });
}

/** What a client that asked for these names should have; listeners and clusters come all together. */
function wantedOf(given: EnvoySnapshot, type: string, names: readonly string[]): readonly EncodedResource[] {
  if (type === TYPE_URLS.cluster) return [...given.clusters.values()];
  if (type === TYPE_URLS.listener) return [...given.listeners.values()];
  return names.flatMap((name) => given.routes.get(name) ?? []);
}
