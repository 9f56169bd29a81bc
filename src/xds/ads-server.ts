/** The server's side of ADS: `server-machine.ts` for every stream, on any transport. */
import type { NodeInfo } from "./discovery.ts";
import type { Snapshot } from "./resource.ts";
import { newServerState, type ServerAction, type ServerEvent, type ServerState, stepServer } from "./server-machine.ts";
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

export interface AdsServer {
  /** Snapshots may have changed: look at every stream again. Returns at once; calls in one turn count as one. */
  changed(): void;
  /** Serve one stream more. */
  accept(peer: string, stream: MessageStream): StreamHandler;
}

/** Streams looked at before others get a turn, so that a thousand clients do not block everything else. */
const STREAMS_PER_TURN = 50;

interface Serving {
  state: ServerState;
  info: AdsStream | undefined;
  readonly stream: MessageStream;
}

export function createAdsServer(source: AdsSource): AdsServer {
  const serving = new Set<Serving>();
  let streams = 0;
  let pending: Set<Serving> | undefined;

  const step = (one: Serving, event: ServerEvent) => {
    const { state, actions } = stepServer(one.state, event);
    one.state = state;
    for (const action of actions) act(one, action);
  };

  const act = ({ stream, info, state }: Serving, action: ServerAction) => {
    if (action.kind === "send") {
      stream.send(encodeResponse(action));
      return;
    }
    if (info === undefined) return;
    const names = namesOf(state, action.type);
    if (action.kind === "accepted") source.onAck?.(info, action.type, action.version, names);
    else source.onNack?.(info, action.type, action.version, action.message, names);
  };

  const refresh = () => {
    let left = STREAMS_PER_TURN;
    for (const one of pending ?? []) {
      if (left === 0) {
        setImmediate(refresh);
        return;
      }
      left -= 1;
      pending?.delete(one);
      if (one.info !== undefined) step(one, { kind: "snapshot", snapshot: source.snapshotFor(one.info) });
    }
    pending = undefined;
  };

  return {
    changed() {
      if (pending === undefined) setImmediate(refresh);
      pending = new Set(serving);
    },
    accept(peer, stream) {
      streams += 1;
      const id = streams;
      const one: Serving = { state: newServerState(), info: undefined, stream };
      serving.add(one);
      return {
        onMessage(message) {
          const request = readRequest(message);
          if (request === undefined) {
            stream.end("not a DiscoveryRequest");
            return;
          }
          if (one.info === undefined) {
            one.info = { id, peer, node: request.node ?? { id: "", cluster: "" } };
            source.onStream?.(one.info);
            step(one, { kind: "snapshot", snapshot: source.snapshotFor(one.info) });
          }
          const before = namesOf(one.state, request.type);
          const isFirst = !one.state.subscriptions.has(request.type);
          if (isFirst || before.join("\0") !== request.names.join("\0")) {
            source.onSubscribe?.(one.info, request.type, request.names);
          }
          step(one, { kind: "request", request });
        },
        onEnd(end) {
          serving.delete(one);
          pending?.delete(one);
          if (one.info !== undefined) source.onClose?.(one.info, end.message);
        },
      };
    },
  };
}

function namesOf({ subscriptions }: ServerState, type: string): readonly string[] {
  const names = subscriptions.get(type)?.names ?? "all";
  return names === "all" ? [] : [...names];
}

function readRequest(message: Uint8Array) {
  try {
    return decodeRequest(message);
  } catch {
    return undefined;
  }
}
