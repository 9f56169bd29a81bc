/**
 * One ADS client, state of the world, over any number of streams.
 *
 *   connected, response, accepted, rejected, subscribe, disconnected ──▶ [step] ──▶ send, offer, reconnect
 *
 * A response is acknowledged only after its user accepted it, and what was accepted last stays in force over
 * rejections and lost streams: the first request of a new stream names it. One offer a type is open at a time;
 * of responses that arrive meanwhile only the newest is offered next.
 *
 * Pure: no clock, no socket, no random number.
 */
import type { DiscoveryRequest, DiscoveryResponse, NodeInfo, ReceivedResource } from "./discovery.ts";

type Response = DiscoveryResponse<ReceivedResource>;

/** A response and the stream that it came on: an answer makes sense only there. */
interface Received {
  readonly stream: number;
  readonly response: Response;
}

interface Watch {
  readonly names: readonly string[];
  /** Of the last accepted response, over all streams; empty: none yet. */
  readonly version: string;
  /** Of the last response that was answered on this stream; empty: none yet. */
  readonly nonce: string;
  readonly offered?: Received | undefined;
  readonly next?: Received | undefined;
}

export interface ClientState {
  readonly node: NodeInfo;
  /** Number of the stream that is open; counts up. */
  readonly stream: number;
  readonly isConnected: boolean;
  readonly hasSentNode: boolean;
  /** Attempts since a stream last proved useful. */
  readonly attempts: number;
  readonly watches: ReadonlyMap<string, Watch>;
}

export type ClientEvent =
  | { readonly kind: "subscribe"; readonly type: string; readonly names: readonly string[] }
  | { readonly kind: "connected" }
  /** `wasSteady`: the stream had been open long enough to start the back-off anew. */
  | { readonly kind: "disconnected"; readonly wasSteady: boolean }
  | { readonly kind: "response"; readonly response: Response }
  | { readonly kind: "accepted"; readonly type: string }
  | { readonly kind: "rejected"; readonly type: string; readonly message: string };

export type ClientAction =
  | { readonly kind: "send"; readonly request: DiscoveryRequest }
  /** To be answered by exactly one event `accepted` or `rejected`. */
  | {
      readonly kind: "offer";
      readonly type: string;
      readonly version: string;
      readonly resources: Response["resources"];
    }
  | { readonly kind: "reconnect"; readonly attempt: number };

export interface ClientStep {
  readonly state: ClientState;
  readonly actions: readonly ClientAction[];
}

export const newClientState = (node: NodeInfo): ClientState => ({
  node,
  stream: 0,
  isConnected: false,
  hasSentNode: false,
  attempts: 0,
  watches: new Map(),
});

export function stepClient(state: ClientState, event: ClientEvent): ClientStep {
  switch (event.kind) {
    case "subscribe":
      return subscribe(state, event.type, event.names);
    case "connected":
      return connected(state);
    case "disconnected": {
      const attempts = event.wasSteady ? 1 : state.attempts + 1;
      const next = { ...state, isConnected: false, attempts };
      return { state: next, actions: [{ kind: "reconnect", attempt: attempts }] };
    }
    case "response":
      return received(state, event.response);
    case "accepted":
      return settled(state, event.type, undefined);
    case "rejected":
      return settled(state, event.type, event.message);
  }
}

function subscribe(state: ClientState, type: string, names: readonly string[]): ClientStep {
  const watch = { ...(state.watches.get(type) ?? { version: "", nonce: "" }), names };
  const next = withWatch(state, type, watch);
  return state.isConnected ? request(next, type, watch) : { state: next, actions: [] };
}

function connected(state: ClientState): ClientStep {
  const watches = new Map([...state.watches].map(([type, watch]) => [type, { ...watch, nonce: "", next: undefined }]));
  let next: ClientState = { ...state, isConnected: true, hasSentNode: false, stream: state.stream + 1, watches };
  const actions: ClientAction[] = [];
  for (const [type, watch] of watches) {
    const step = request(next, type, watch);
    next = step.state;
    actions.push(...step.actions);
  }
  return { state: next, actions };
}

function received(state: ClientState, response: Response): ClientStep {
  const watch = state.watches.get(response.type);
  // A type that nobody asked for is the server's mistake; it waits in vain for an answer, and harms nothing.
  if (watch === undefined || !state.isConnected) return { state, actions: [] };
  const item = { stream: state.stream, response };
  const useful = { ...state, attempts: 0 };
  if (watch.offered !== undefined) {
    return { state: withWatch(useful, response.type, { ...watch, next: item }), actions: [] };
  }
  return offer(useful, response.type, watch, item);
}

function offer(state: ClientState, type: string, watch: Watch, item: Received): ClientStep {
  const { version, resources } = item.response;
  return {
    state: withWatch(state, type, { ...watch, offered: item, next: undefined }),
    actions: [{ kind: "offer", type, version, resources }],
  };
}

/** The user has answered an offer. */
function settled(state: ClientState, type: string, error: string | undefined): ClientStep {
  const watch = state.watches.get(type);
  const item = watch?.offered;
  if (watch === undefined || item === undefined) return { state, actions: [] };
  const { response, stream } = item;
  const version = error === undefined ? response.version : watch.version;
  const isSameStream = state.isConnected && stream === state.stream;
  const nonce = isSameStream ? response.nonce : watch.nonce;
  const after = { ...watch, version, nonce, offered: undefined };
  let step: ClientStep = { state: withWatch(state, type, after), actions: [] };
  if (isSameStream) step = request(step.state, type, after, error);
  if (after.next === undefined) return step;
  const offered = offer(step.state, type, after, after.next);
  return { state: offered.state, actions: [...step.actions, ...offered.actions] };
}

function request(state: ClientState, type: string, watch: Watch, error?: string): ClientStep {
  const { names, version, nonce } = watch;
  const message: DiscoveryRequest = {
    type,
    version,
    names,
    nonce,
    ...(state.hasSentNode ? {} : { node: state.node }),
    ...(error === undefined ? {} : { error }),
  };
  return { state: { ...state, hasSentNode: true }, actions: [{ kind: "send", request: message }] };
}

const withWatch = (state: ClientState, type: string, watch: Watch): ClientState => ({
  ...state,
  watches: new Map(state.watches).set(type, watch),
});
