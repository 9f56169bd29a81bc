/** The server's side of ADS: `server-machine.ts` or `delta-server-machine.ts` for every stream, on any transport. */
import type { DeltaRequest } from "./delta.ts";
import { newDeltaServerState, stepDeltaServer } from "./delta-server-machine.ts";
import { decodeDeltaRequest, encodeDeltaResponse } from "./delta-wire.ts";
import type { DiscoveryRequest, NodeInfo } from "./discovery.ts";
import { isPartName } from "./parts.ts";
import type { Snapshot } from "./resource.ts";
import { travelsInParts } from "./resource-types.ts";
import { newServerState, type ServerState, stepServer } from "./server-machine.ts";
import type { MessageStream, StreamHandler } from "./transport.ts";
import { decodeRequest, encodeResponse } from "./wire.ts";

/** One client that is connected. */
export interface AdsStream {
  /** Counts up from 1 while the server lives. */
  readonly id: number;
  readonly peer: string;
  readonly node: NodeInfo;
}

/** All of them are called after the stream's first request; none of them may throw. */
export interface AdsHooks {
  onStream?(stream: AdsStream): void;
  onClose?(stream: AdsStream, reason: string): void;
  /** `names` is what a client asks for of a type from now on; empty where it wants all there is. */
  onSubscribe?(stream: AdsStream, type: string, names: readonly string[]): void;
  /** `names` as asked for now; empty where the client wants all there is. */
  onAck?(stream: AdsStream, type: string, version: string, names: readonly string[]): void;
  onNack?(stream: AdsStream, type: string, version: string, message: string, names: readonly string[]): void;
}

export interface AdsSource extends AdsHooks {
  /** What a stream's client should have now. Asked at its first request and after each `changed()`; must be cheap. */
  snapshotFor(stream: AdsStream): Snapshot;
}

/** How resources go out on a stream: always whole, or what of them has changed. */
export type Protocol = "whole" | "delta";

export interface AdsServer {
  /** Snapshots may have changed: look at every stream again. Returns at once; calls in one turn count as one. */
  changed(): void;
  /** Serve one stream more. */
  accept(peer: string, stream: MessageStream, protocol: Protocol): StreamHandler;
}

/** Streams looked at before others get a turn, so that a thousand clients do not block everything else. */
const STREAMS_PER_TURN = 50;

/** One stream. `begin` is called at its first request, before that is taken. */
interface Session {
  take(message: Uint8Array, begin: (node: NodeInfo | undefined) => AdsStream): void;
  show(snapshot: Snapshot): void;
}

interface Serving {
  info: AdsStream | undefined;
  readonly session: Session;
}

export function createAdsServer(source: AdsSource): AdsServer {
  const serving = new Set<Serving>();
  let streams = 0;
  let pending: Set<Serving> | undefined;

  const refresh = () => {
    let left = STREAMS_PER_TURN;
    for (const one of pending ?? []) {
      if (left === 0) {
        setImmediate(refresh);
        return;
      }
      left -= 1;
      pending?.delete(one);
      if (one.info !== undefined) one.session.show(source.snapshotFor(one.info));
    }
    pending = undefined;
  };

  return {
    changed() {
      if (pending === undefined) setImmediate(refresh);
      pending = new Set(serving);
    },
    accept(peer, stream, protocol) {
      streams += 1;
      const id = streams;
      const session = protocol === "whole" ? wholeSession(source, stream) : deltaSession(source, stream);
      const one: Serving = { info: undefined, session };
      serving.add(one);
      const begin = (node: NodeInfo | undefined): AdsStream => {
        if (one.info !== undefined) return one.info;
        one.info = { id, peer, node: node ?? { id: "", cluster: "" } };
        source.onStream?.(one.info);
        session.show(source.snapshotFor(one.info));
        return one.info;
      };
      return {
        onMessage: (message) => session.take(message, begin),
        onEnd(end) {
          serving.delete(one);
          pending?.delete(one);
          if (one.info !== undefined) source.onClose?.(one.info, end.message);
        },
      };
    },
  };
}

function wholeSession(source: AdsSource, stream: MessageStream): Session {
  let state = newServerState();
  let info: AdsStream | undefined;
  const step = (event: Parameters<typeof stepServer>[1]) => {
    const result = stepServer(state, event);
    state = result.state;
    for (const action of result.actions) {
      if (action.kind === "send") {
        stream.send(encodeResponse(action));
        continue;
      }
      if (info === undefined) continue;
      const names = namesOf(state, action.type);
      if (action.kind === "accepted") source.onAck?.(info, action.type, action.version, names);
      else source.onNack?.(info, action.type, action.version, action.message, names);
    }
  };
  return {
    take(message, begin) {
      const request = read(decodeRequest, message);
      if (request === undefined) {
        stream.end("not a DiscoveryRequest");
        return;
      }
      info = begin(request.node);
      if (isNews(state, request)) source.onSubscribe?.(info, request.type, request.names);
      step({ kind: "request", request });
    },
    show: (snapshot) => step({ kind: "snapshot", snapshot }),
  };
}

function namesOf({ subscriptions }: ServerState, type: string): readonly string[] {
  const names = subscriptions.get(type)?.names ?? "all";
  return names === "all" ? [] : [...names];
}

/** Does it ask for other names than before? */
const isNews = (state: ServerState, { type, names }: DiscoveryRequest): boolean =>
  !state.subscriptions.has(type) || namesOf(state, type).join("\0") !== names.join("\0");

/** Made when the first request tells the type: there is one on a stream, and it must be one that travels in parts. */
function deltaSession(source: AdsSource, stream: MessageStream): Session {
  let state: ReturnType<typeof newDeltaServerState> | undefined;
  let snapshot: Snapshot | undefined;
  let info: AdsStream | undefined;
  const step = (event: Parameters<typeof stepDeltaServer>[1]) => {
    if (state === undefined) return;
    const result = stepDeltaServer(state, event);
    state = result.state;
    const { type } = state;
    for (const action of result.actions) {
      if (action.kind === "send") stream.send(encodeDeltaResponse(action.response));
      else if (info === undefined) continue;
      else if (action.kind === "accepted") source.onAck?.(info, type, action.version, [action.name]);
      else source.onNack?.(info, type, action.version, action.message, [action.name]);
    }
  };
  return {
    take(message, begin) {
      const request = read(decodeDeltaRequest, message);
      const why = whyNot(request, state?.type);
      if (request === undefined || why !== undefined) {
        stream.end(why);
        return;
      }
      info = begin(request.node);
      state ??= newDeltaServerState(request.type, snapshot);
      const before = new Set(state.watches.keys());
      const names = new Set([...before, ...request.subscribe.filter((name) => !isPartName(name))]);
      for (const name of request.unsubscribe) names.delete(name);
      if (names.size !== before.size || [...names].some((name) => !before.has(name)))
        source.onSubscribe?.(info, request.type, [...names]);
      step({ kind: "request", request });
    },
    show(next) {
      snapshot = next;
      step({ kind: "snapshot", snapshot });
    },
  };
}

function whyNot(request: DeltaRequest | undefined, type: string | undefined): string | undefined {
  if (request === undefined) return "not a DeltaDiscoveryRequest";
  if (!travelsInParts(request.type)) return `\`${request.type}\` is served whole: use StreamAggregatedResources`;
  return type === undefined || type === request.type ? undefined : `this stream is about \`${type}\``;
}

function read<T>(decode: (message: Uint8Array) => T, message: Uint8Array): T | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}
