/**
 * One ADS stream as its server sees it, state of the world.
 *
 *   request, snapshot ──▶ [step] ──▶ send, accepted, rejected
 *
 * Guarantees (property tests in `machines.test.ts`):
 *   - once everything is delivered, the client holds the snapshot, or the last good one where it rejected the newer;
 *   - at most one unanswered response a type, so a slow client delays only itself and skips what is outdated;
 *   - a type goes out only if its content changed, and after what it depends on was acknowledged;
 *   - what was rejected is not sent again until the content changes.
 *
 * Pure: no clock, no socket. `step` takes and returns the state.
 */
import type { DiscoveryRequest, NodeInfo } from "./discovery.ts";
import { EMPTY_SNAPSHOT, type EncodedResource, type ResourceSet, type Snapshot, versionOf } from "./resource.ts";
import { PUSH_ORDER, traitsOf } from "./resource-types.ts";

type Hashes = ReadonlyMap<string, string>;

interface Flight {
  readonly nonce: string;
  readonly version: string;
  readonly sent: Hashes;
}

interface Subscription {
  readonly names: ReadonlySet<string> | "all";
  /** A client that once asked by name means nothing, not everything, by an empty list. */
  readonly askedByName: boolean;
  /** What the first request said it has; settled when the content is known. */
  readonly claimed?: string | undefined;
  /** What the client holds for certain. */
  readonly held: Hashes;
  readonly heldVersion?: string | undefined;
  readonly rejectedVersion?: string | undefined;
  readonly flight?: Flight | undefined;
}

export interface ServerState {
  readonly node: NodeInfo | undefined;
  readonly snapshot: Snapshot;
  readonly responses: number;
  readonly subscriptions: ReadonlyMap<string, Subscription>;
}

export type ServerEvent =
  | { readonly kind: "request"; readonly request: DiscoveryRequest }
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot };

export type ServerAction =
  | {
      readonly kind: "send";
      readonly type: string;
      readonly version: string;
      readonly nonce: string;
      readonly resources: readonly EncodedResource[];
    }
  /** Also when a client comes back with the current version: it says that it accepted it. */
  | { readonly kind: "accepted"; readonly type: string; readonly version: string }
  | { readonly kind: "rejected"; readonly type: string; readonly version: string; readonly message: string };

export interface ServerStep {
  readonly state: ServerState;
  readonly actions: readonly ServerAction[];
}

export const newServerState = (snapshot: Snapshot = EMPTY_SNAPSHOT): ServerState => ({
  node: undefined,
  snapshot,
  responses: 0,
  subscriptions: new Map(),
});

/** Take one event. The names that a client asks for are in `state.subscriptions`. */
export function stepServer(state: ServerState, event: ServerEvent): ServerStep {
  if (event.kind === "snapshot") return push({ ...state, snapshot: event.snapshot }, []);
  const { request } = event;
  const { subscription, actions } = answered(state.subscriptions.get(request.type), request);
  const subscriptions = new Map(state.subscriptions).set(request.type, subscription);
  return push({ ...state, node: state.node ?? request.node, subscriptions }, actions);
}

/** The subscription after a request: its names, and what it says about the response that it answers. */
function answered(
  before: Subscription | undefined,
  request: DiscoveryRequest,
): { subscription: Subscription; actions: ServerAction[] } {
  const named = renamed(before, request);
  const { flight } = named;
  // A request that crossed our response on its way carries an older nonce: it changes names, and answers nothing.
  if (flight === undefined || request.nonce !== flight.nonce) return { subscription: named, actions: [] };
  const { type } = request;
  const { version } = flight;
  if (request.error !== undefined) {
    const held = new Map([...named.held].filter(([name]) => !flight.sent.has(name)));
    return {
      // A rejected response may have been applied in part, so nothing that was in it is certain any more.
      subscription: { ...named, held, heldVersion: undefined, rejectedVersion: version, flight: undefined },
      actions: [{ kind: "rejected", type, version, message: request.error }],
    };
  }
  if (request.version !== version) return { subscription: named, actions: [] };
  const held = traitsOf(type).wholeSet ? flight.sent : keep([...named.held, ...flight.sent], named.names);
  return {
    subscription: { ...named, held, heldVersion: version, rejectedVersion: undefined, flight: undefined },
    actions: [{ kind: "accepted", type, version }],
  };
}

function renamed(before: Subscription | undefined, request: DiscoveryRequest): Subscription {
  const { wholeSet } = traitsOf(request.type);
  const askedByName = (before?.askedByName ?? false) || request.names.some((name) => name !== "*");
  const all = wholeSet && (request.names.includes("*") || (request.names.length === 0 && !askedByName));
  const names = all ? "all" : new Set(request.names);
  if (before === undefined) {
    const claimed = request.version === "" ? undefined : request.version;
    return { names, askedByName, claimed, held: new Map() };
  }
  // What a client stops asking for it may drop, and must get again if it asks again.
  return { ...before, names, askedByName, held: wholeSet ? before.held : keep(before.held, names) };
}

const keep = (hashes: Iterable<readonly [string, string]>, names: Subscription["names"]): Hashes =>
  new Map([...hashes].filter(([name]) => names === "all" || names.has(name)));

/** `open`: nothing to do. `waiting`: unanswered or not yet sent. `rejected`: the client keeps the last good one. */
type Standing = "open" | "waiting" | "rejected";

/** Send what has changed and may go out. */
function push(state: ServerState, earlier: readonly ServerAction[]): ServerStep {
  const actions = [...earlier];
  const subscriptions = new Map(state.subscriptions);
  const standings = new Map<string, Standing>();
  let { responses } = state;
  for (const type of [...PUSH_ORDER, ...[...subscriptions.keys()].filter((type) => !PUSH_ORDER.includes(type))]) {
    const before = subscriptions.get(type);
    if (before === undefined) continue;
    const looked = look(type, before, state.snapshot.get(type), standings);
    standings.set(type, looked.standing);
    let after = looked.subscription;
    if (looked.resumed !== undefined) actions.push({ kind: "accepted", type, version: looked.resumed });
    if (looked.send !== undefined) {
      responses += 1;
      const { version, resources } = looked.send;
      const nonce = String(responses);
      const sent = new Map(resources.map(({ name, hash }) => [name, hash]));
      after = { ...after, flight: { nonce, version, sent } };
      actions.push({ kind: "send", type, version, nonce, resources });
    }
    subscriptions.set(type, after);
  }
  return { state: { ...state, responses, subscriptions }, actions };
}

interface Looked {
  readonly standing: Standing;
  readonly subscription: Subscription;
  readonly resumed?: string;
  readonly send?: { readonly version: string; readonly resources: readonly EncodedResource[] };
}

/** Compare what a client holds of one type with what it should have. */
function look(type: string, before: Subscription, set: ResourceSet | undefined, others: Map<string, Standing>): Looked {
  if (before.flight !== undefined) return { standing: "waiting", subscription: before };
  if (set === undefined) return { standing: "open", subscription: before };
  const { wholeSet, after, resumes } = traitsOf(type);
  const wanted = select(set, before.names);
  const version = versionOf(wanted);
  if (before.rejectedVersion === version) return { standing: "rejected", subscription: before };
  if (before.claimed === version && resumes) {
    const held = new Map(wanted.map(({ name, hash }) => [name, hash]));
    const subscription = { ...before, claimed: undefined, held, heldVersion: version };
    return { standing: "open", subscription, resumed: version };
  }
  const subscription = { ...before, claimed: undefined };
  const due = wholeSet ? wanted : wanted.filter(({ name, hash }) => before.held.get(name) !== hash);
  if (wholeSet ? before.heldVersion === version : due.length === 0) return { standing: "open", subscription };
  const dependencies = after.map((other) => others.get(other));
  if (dependencies.includes("waiting")) return { standing: "waiting", subscription };
  if (!dependencies.includes("rejected"))
    return { standing: "waiting", subscription, send: { version, resources: due } };
  // The last good whole stays together; only what a client asks for and has nothing of may join it.
  const missing = wholeSet ? [] : due.filter(({ name }) => !before.held.has(name));
  if (missing.length === 0) return { standing: "rejected", subscription };
  return { standing: "waiting", subscription, send: { version, resources: missing } };
}

function select(set: ResourceSet, names: Subscription["names"]): readonly EncodedResource[] {
  if (names === "all") return [...set.values()];
  return [...names].flatMap((name) => set.get(name) ?? []);
}
