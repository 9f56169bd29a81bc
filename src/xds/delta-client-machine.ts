/**
 * One incremental ADS client of one resource that travels in parts, over any number of streams.
 *
 *   connected, response, accepted, rejected, disconnected ──▶ [step] ──▶ send, offer, reconnect
 *
 * A manifest says what the whole is; parts that neither came with it nor are held are asked for by name. The whole is
 * offered once its digest is right, and its manifest acknowledged once the offer is accepted: until then, and over
 * refusals and lost streams, what was accepted last stays. What does not add up is refused, once for each version with
 * a request for everything anew.
 *
 * Pure: no clock, no socket, no random number.
 */
import type { DeltaRequest, DeltaResponse, Manifest } from "./delta.ts";
import type { NodeInfo } from "./discovery.ts";
import { joinBody, splitBody } from "./parts.ts";

type Parts = ReadonlyMap<string, Uint8Array>;

/** A manifest and the stream that it came on: an answer makes sense only there. */
interface Received {
  readonly stream: number;
  readonly nonce: string;
  readonly manifest: Manifest;
}

interface Pending extends Received {
  /** Of this manifest, as far as they were received. */
  readonly parts: Parts;
  /** Asked for by name. Each request has one answer, so what an answer leaves lacking does not come any more. */
  readonly asked: ReadonlySet<string>;
}

export interface DeltaClientState {
  readonly type: string;
  readonly name: string;
  readonly node: NodeInfo;
  /** Number of the stream that is open; counts up. */
  readonly stream: number;
  readonly isConnected: boolean;
  /** Attempts since a stream last proved useful. */
  readonly attempts: number;
  /** What was accepted last; of no version if that was in an earlier life. */
  readonly held: { readonly version: string; readonly parts: Parts } | undefined;
  readonly pending?: Pending | undefined;
  /** What the user has been offered, and not answered yet. */
  readonly offered?: (Received & { readonly parts: Parts }) | undefined;
  /** The version of which everything was asked for anew. */
  readonly askedAnew?: string | undefined;
}

export type DeltaClientEvent =
  | { readonly kind: "connected" }
  /** `wasSteady`: the stream had been open long enough to start the back-off anew. */
  | { readonly kind: "disconnected"; readonly wasSteady: boolean }
  | { readonly kind: "response"; readonly response: DeltaResponse }
  | { readonly kind: "accepted" }
  | { readonly kind: "rejected"; readonly message: string };

export type DeltaClientAction =
  | { readonly kind: "send"; readonly request: DeltaRequest }
  /** To be answered by exactly one event `accepted` or `rejected`. */
  | { readonly kind: "offer"; readonly version: string; readonly value: Uint8Array }
  | { readonly kind: "reconnect"; readonly attempt: number };

export interface DeltaClientStep {
  readonly state: DeltaClientState;
  readonly actions: readonly DeltaClientAction[];
}

export interface Watched {
  readonly type: string;
  readonly name: string;
  /** What follows the head in a value of which the client has the parts, though it was not accepted in this life. */
  readonly earlierBody?: Uint8Array | undefined;
}

export const newDeltaClientState = (node: NodeInfo, { type, name, earlierBody }: Watched): DeltaClientState => ({
  ...{ type, name, node, stream: 0, isConnected: false, attempts: 0 },
  held: earlierBody === undefined ? undefined : { version: "", parts: splitBody(earlierBody).parts },
});

export function stepDeltaClient(state: DeltaClientState, event: DeltaClientEvent): DeltaClientStep {
  switch (event.kind) {
    case "connected": {
      const next = { ...state, isConnected: true, stream: state.stream + 1, pending: undefined };
      const initial = new Map(state.held === undefined ? [] : [[state.name, state.held.version]]);
      return { state: next, actions: [send(state, { node: state.node, subscribe: [state.name], initial })] };
    }
    case "disconnected": {
      const attempts = event.wasSteady ? 1 : state.attempts + 1;
      const next = { ...state, isConnected: false, pending: undefined, attempts };
      return { state: next, actions: [{ kind: "reconnect", attempt: attempts }] };
    }
    case "response":
      return state.isConnected ? received({ ...state, attempts: 0 }, event.response) : { state, actions: [] };
    case "accepted":
      return settled(state, undefined);
    case "rejected":
      return settled(state, event.message);
  }
}

const send = ({ type }: DeltaClientState, request: Partial<DeltaRequest>): DeltaClientAction => ({
  kind: "send",
  request: { type, subscribe: [], unsubscribe: [], initial: new Map(), nonce: "", ...request },
});

function received(state: DeltaClientState, { nonce, manifests, parts }: DeltaResponse): DeltaClientStep {
  const { name, stream } = state;
  const manifest = manifests.find((one) => one.name === name);
  if (manifest !== undefined) {
    const pending = { stream, nonce, manifest, parts, asked: new Set<string>() };
    return look({ ...state, pending });
  }
  const acknowledgement = send(state, { nonce });
  const { pending } = state;
  if (pending === undefined) return { state, actions: [acknowledgement] };
  const next = { ...state, pending: { ...pending, parts: new Map([...pending.parts, ...parts]) } };
  const { state: after, actions } = look(next);
  return { state: after, actions: [acknowledgement, ...actions] };
}

/** Go on with what is pending, if nothing is being offered. */
function look(state: DeltaClientState): DeltaClientStep {
  const { pending, held, offered } = state;
  if (pending === undefined || offered !== undefined) return { state, actions: [] };
  const { manifest, stream, nonce, asked } = pending;
  if (manifest.version === held?.version)
    return { state: { ...state, pending: undefined }, actions: [send(state, { nonce })] };
  const joined = joinBody(manifest, (name) => pending.parts.get(name) ?? held?.parts.get(name), manifest.head);
  if (joined.kind === "whole") {
    const { bytes, parts } = joined.body;
    const value = new Uint8Array(bytes.buffer); // the head precedes the body
    const next = { ...state, pending: undefined, offered: { stream, nonce, manifest, parts } };
    return { state: next, actions: [{ kind: "offer", version: manifest.version, value }] };
  }
  if (joined.kind === "damaged" || joined.names.some((name) => asked.has(name))) return refuse(state, pending);
  const next = { ...state, pending: { ...pending, asked: new Set([...asked, ...joined.names]) } };
  return { state: next, actions: [send(state, { subscribe: joined.names })] };
}

/** What is held may be what is wrong, so it is not built upon any more. */
function refuse(state: DeltaClientState, { nonce, manifest: { version } }: Pending): DeltaClientStep {
  const next = { ...state, pending: undefined, held: undefined, askedAnew: version };
  const subscribe = state.askedAnew === version ? [] : [state.name];
  const error = `the parts of version ${version} do not add up to what its manifest says`;
  return { state: next, actions: [send(state, { nonce, error, subscribe })] };
}

/** The user has answered an offer. */
function settled(state: DeltaClientState, error: string | undefined): DeltaClientStep {
  const { offered } = state;
  if (offered === undefined) return { state, actions: [] };
  const { stream, nonce, manifest, parts } = offered;
  const held = error === undefined ? { version: manifest.version, parts } : state.held;
  const next = { ...state, held, offered: undefined };
  const isSameStream = state.isConnected && stream === state.stream;
  const answer = send(state, error === undefined ? { nonce } : { nonce, error });
  const { state: after, actions } = look(next);
  return { state: after, actions: isSameStream ? [answer, ...actions] : actions };
}
