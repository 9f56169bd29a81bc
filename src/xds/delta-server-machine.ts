/**
 * One incremental ADS stream as its server sees it, for one type whose resources travel in parts.
 *
 *   request, snapshot ──▶ [step] ──▶ send, accepted, rejected
 *
 * A response with a manifest brings the parts that the last acknowledged one had not: all of them to a client that
 * comes with nothing, none to one that says that it has a version which is not the current one. What is still lacking
 * the client asks for by name. So nothing has to be remembered over a restart, here or there.
 *
 * Guarantees (property tests in `delta-machines.test.ts`):
 *   - once everything is delivered the client holds the snapshot, or the last good one where it rejected the newer;
 *   - at most one unanswered manifest for each resource, and its parts stay to be had until it is answered;
 *   - what was rejected is not sent again until the content changes, or the client asks for it anew.
 *
 * Pure: no clock, no socket. `step` takes and returns the state.
 */
import type { DeltaRequest, DeltaResponse } from "./delta.ts";
import type { NodeInfo } from "./discovery.ts";
import { type Body, isPartName } from "./parts.ts";
import { EMPTY_SNAPSHOT, type EncodedResource, inParts, type Snapshot } from "./resource.ts";

interface Flight {
  readonly nonce: string;
  readonly resource: EncodedResource;
}

interface Watch {
  /** What the client said it has when it asked, until the content is known; empty: something, of no version. */
  readonly claimed?: string | undefined;
  /** What it acknowledged last. */
  readonly held?: EncodedResource | undefined;
  readonly rejected?: string | undefined;
  readonly flight?: Flight | undefined;
}

export interface DeltaServerState {
  readonly type: string;
  readonly node: NodeInfo | undefined;
  readonly snapshot: Snapshot;
  readonly responses: number;
  /** By name of the resource. */
  readonly watches: ReadonlyMap<string, Watch>;
}

export type DeltaServerEvent =
  | { readonly kind: "request"; readonly request: DeltaRequest }
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot };

export type DeltaServerAction =
  | { readonly kind: "send"; readonly response: DeltaResponse }
  /** Also when a client comes back with the current version, or the content goes back to what it has. */
  | { readonly kind: "accepted"; readonly name: string; readonly version: string }
  | { readonly kind: "rejected"; readonly name: string; readonly version: string; readonly message: string };

export interface DeltaServerStep {
  readonly state: DeltaServerState;
  readonly actions: readonly DeltaServerAction[];
}

export const newDeltaServerState = (type: string, snapshot: Snapshot = EMPTY_SNAPSHOT): DeltaServerState => ({
  ...{ type, node: undefined, snapshot, responses: 0, watches: new Map() },
});

export function stepDeltaServer(state: DeltaServerState, event: DeltaServerEvent): DeltaServerStep {
  if (event.kind === "snapshot") return push({ ...state, snapshot: event.snapshot }, []);
  const { request } = event;
  const actions: DeltaServerAction[] = [];
  const watches = new Map([...state.watches].map(([name, watch]) => [name, answered(name, watch, request, actions)]));
  for (const name of request.unsubscribe) watches.delete(name);
  const [parts, names] = [request.subscribe.filter(isPartName), request.subscribe.filter((name) => !isPartName(name))];
  // To ask again for what one has asked for is to want it again, whole.
  for (const name of names) watches.set(name, { claimed: request.initial.get(name) });
  const next = { ...state, node: state.node ?? request.node, watches };
  return push(parts.length === 0 ? next : sendParts(next, parts, actions), actions);
}

/** A watch after a request, which may answer its response. */
function answered(name: string, watch: Watch, { nonce, error }: DeltaRequest, actions: DeltaServerAction[]): Watch {
  const { flight, held } = watch;
  if (flight === undefined || nonce !== flight.nonce) return watch;
  const version = flight.resource.hash;
  if (error === undefined) {
    actions.push({ kind: "accepted", name, version });
    return { held: flight.resource };
  }
  actions.push({ kind: "rejected", name, version, message: error });
  return { held, rejected: version };
}

/** What was asked for by name: of what is under way, or was acknowledged last. */
function sendParts(state: DeltaServerState, names: readonly string[], actions: DeltaServerAction[]): DeltaServerState {
  const bodies = [...state.watches.values()].flatMap(({ flight, held }) =>
    [flight?.resource, held].flatMap((one): Body[] => (one === undefined ? [] : [inParts(one).body])),
  );
  const parts = new Map<string, Uint8Array>();
  const removed: string[] = [];
  for (const name of names) {
    const content = bodies.find((body) => body.parts.has(name))?.parts.get(name);
    if (content === undefined) removed.push(name);
    else parts.set(name, content);
  }
  const responses = state.responses + 1;
  const response = { type: state.type, nonce: `${responses}`, manifests: [], parts, removed };
  actions.push({ kind: "send", response });
  return { ...state, responses };
}

/** Send what has changed. */
function push(state: DeltaServerState, actions: DeltaServerAction[]): DeltaServerStep {
  const set = state.snapshot.get(state.type);
  const watches = new Map(state.watches);
  let { responses } = state;
  for (const [name, watch] of state.watches) {
    const resource = set?.get(name);
    const { claimed, held, flight, rejected } = watch;
    // Nothing is known of it: the client keeps what it has.
    if (resource === undefined || flight !== undefined || rejected === resource.hash) continue;
    if (claimed === resource.hash || (rejected !== undefined && held?.hash === resource.hash)) {
      watches.set(name, { held: resource });
      actions.push({ kind: "accepted", name, version: resource.hash });
      continue;
    }
    if (held?.hash === resource.hash) continue;
    responses += 1;
    const nonce = `${responses}`;
    const { manifest, body } = inParts(resource);
    const parts = held !== undefined ? newParts(body, inParts(held).body) : claimed === undefined ? body.parts : NONE;
    watches.set(name, { ...watch, claimed: undefined, flight: { nonce, resource } });
    actions.push({ kind: "send", response: { type: state.type, nonce, manifests: [manifest], parts, removed: [] } });
  }
  return { state: { ...state, responses, watches }, actions };
}

const NONE: ReadonlyMap<string, Uint8Array> = new Map();

const differences = new WeakMap<Body, WeakMap<Body, ReadonlyMap<string, Uint8Array>>>();

/** The parts that `before` has not; worked out once for all clients that go from one to the other. */
function newParts(after: Body, before: Body): ReadonlyMap<string, Uint8Array> {
  const known = differences.get(after) ?? new WeakMap<Body, ReadonlyMap<string, Uint8Array>>();
  differences.set(after, known);
  const parts = known.get(before) ?? new Map([...after.parts].filter(([name]) => !before.parts.has(name)));
  known.set(before, parts);
  return parts;
}
