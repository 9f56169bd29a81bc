import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClientEvent, type ClientState, newClientState, stepClient } from "./client-machine.ts";
import type { DiscoveryRequest, DiscoveryResponse, ReceivedResource } from "./discovery.ts";
import { type EncodedResource, resourceSet, type Snapshot, versionOf } from "./resource.ts";
import { TYPE_URLS, traitsOf } from "./resource-types.ts";
import { newServerState, type ServerAction, type ServerEvent, type ServerState, stepServer } from "./server-machine.ts";

const { cluster, listener, route, effectivePolicy } = TYPE_URLS;
const TYPES = [cluster, listener, route, effectivePolicy];
const NAMES = ["a", "b", "c"];

/** Contents are small numbers, so that they repeat; 9 is what a client rejects. */
const BAD = 9;
type Contents = Readonly<Record<string, Readonly<Record<string, number>>>>;

const resource = (name: string, content: number): EncodedResource => ({
  name,
  field: new Uint8Array([content]),
  hash: `${content}`,
});
const snapshotOf = (contents: Contents): Snapshot =>
  new Map(
    Object.entries(contents).map(([type, byName]) => [
      type,
      resourceSet(Object.entries(byName).map(([name, content]) => resource(name, content))),
    ]),
  );

/** A server and a client with a network between them that delivers in order, when told to. */
class World {
  server: ServerState = newServerState();
  client: ClientState = newClientState({ id: "n", cluster: "c" });
  /** What the client has in force, by type and name. */
  readonly inForce = new Map<string, Map<string, number>>();
  readonly sends: { type: string; version: string; names: string[] }[] = [];
  readonly rejections: { type: string; version: string }[] = [];
  offer: { type: string; version: string; resources: readonly EncodedResource[] } | undefined;
  private readonly offers: { type: string; version: string; resources: readonly EncodedResource[] }[] = [];
  private up: DiscoveryRequest[] = [];
  private down: DiscoveryResponse<EncodedResource>[] = [];
  contents: Contents = {};
  private unanswered = new Map<string, { version: string; resources: readonly EncodedResource[] }>();

  publish(contents: Contents): void {
    this.contents = contents;
    this.toServer({ kind: "snapshot", snapshot: snapshotOf(contents) });
  }

  connect(): void {
    if (this.client.isConnected) return;
    this.server = newServerState(snapshotOf(this.contents));
    this.unanswered = new Map();
    this.toClient({ kind: "connected" });
  }

  disconnect(): void {
    if (!this.client.isConnected) return;
    this.up = [];
    this.down = [];
    this.toClient({ kind: "disconnected", wasSteady: false });
  }

  subscribe(type: string, names: readonly string[]): void {
    const held = this.inForce.get(type);
    // What it no longer asks for, a client forgets.
    if (!traitsOf(type).wholeSet) for (const name of held?.keys() ?? []) if (!names.includes(name)) held?.delete(name);
    this.toClient({ kind: "subscribe", type, names });
  }

  deliverUp(): boolean {
    const request = this.up.shift();
    if (request !== undefined) this.toServer({ kind: "request", request });
    return request !== undefined;
  }

  deliverDown(): boolean {
    const response = this.down.shift();
    if (response === undefined) return false;
    // The machine hands resources through untouched, so the test may send its own kind.
    const resources = response.resources as unknown as readonly ReceivedResource[];
    this.toClient({ kind: "response", response: { ...response, resources } });
    return true;
  }

  /** The user of the client answers its oldest open offer. */
  answer(): boolean {
    const offer = this.offers.shift();
    if (offer === undefined) return false;
    const { type, resources } = offer;
    if (resources.some(({ hash }) => hash === `${BAD}`)) {
      this.toClient({ kind: "rejected", type, message: "bad" });
      return true;
    }
    const names = this.client.watches.get(type)?.names ?? [];
    const { wholeSet } = traitsOf(type);
    const held = wholeSet ? new Map<string, number>() : (this.inForce.get(type) ?? new Map<string, number>());
    for (const { name, hash } of resources) if (wholeSet || names.includes(name)) held.set(name, Number(hash));
    this.inForce.set(type, held);
    this.toClient({ kind: "accepted", type });
    return true;
  }

  settle(): void {
    for (let n = 0; n < 10_000; n++) if (!this.deliverUp() && !this.deliverDown() && !this.answer()) return;
    throw new Error("the two never come to rest");
  }

  private toServer(event: ServerEvent): void {
    const { state, actions } = stepServer(this.server, event);
    this.server = state;
    if (!this.client.isConnected) return;
    for (const action of actions) this.acted(action);
  }

  private acted(action: ServerAction): void {
    if (action.kind === "send") {
      expect(this.unanswered.has(action.type), "one unanswered response a type").toBe(false);
      for (const other of traitsOf(action.type).after) expect(this.unanswered.has(other)).toBe(false);
      this.unanswered.set(action.type, action);
      this.sends.push({ type: action.type, version: action.version, names: action.resources.map(({ name }) => name) });
      this.down.push(action);
      return;
    }
    this.unanswered.delete(action.type);
    if (action.kind === "rejected") this.rejections.push({ type: action.type, version: action.version });
  }

  private toClient(event: ClientEvent): void {
    const { state, actions } = stepClient(this.client, event);
    this.client = state;
    for (const action of actions) {
      if (action.kind === "send") this.up.push(action.request);
      else if (action.kind === "offer") {
        this.offers.push(action as unknown as { type: string; version: string; resources: EncodedResource[] });
      }
    }
  }
}

const byName = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(1, 2, 3, BAD), { maxKeys: 3 });
const contents: fc.Arbitrary<Contents> = fc.record(
  { [cluster]: byName, [listener]: byName, [route]: byName, [effectivePolicy]: byName },
  { requiredKeys: [] },
);
const good = (of: Contents): boolean => Object.values(of).every((names) => !Object.values(names).includes(BAD));

type Move = (world: World) => void;
const named = fc.constantFrom(route, effectivePolicy);
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 3,
    arbitrary: contents.map(
      (c): Move =>
        (w) =>
          w.publish(c),
    ),
  },
  { weight: 6, arbitrary: fc.constant<Move>((w) => w.deliverUp()) },
  { weight: 6, arbitrary: fc.constant<Move>((w) => w.deliverDown()) },
  { weight: 5, arbitrary: fc.constant<Move>((w) => w.answer()) },
  { weight: 1, arbitrary: fc.constant<Move>((w) => w.disconnect()) },
  { weight: 2, arbitrary: fc.constant<Move>((w) => w.connect()) },
  {
    weight: 2,
    arbitrary: fc.tuple(named, fc.subarray(NAMES)).map(
      ([type, names]): Move =>
        (w) =>
          w.subscribe(type, names),
    ),
  },
);

function start(): World {
  const world = new World();
  world.subscribe(cluster, []);
  world.subscribe(listener, []);
  world.subscribe(route, ["a"]);
  world.subscribe(effectivePolicy, ["a", "b"]);
  world.connect();
  return world;
}

/** What of `of` the client asks for now. */
function wanted(world: World, of: Contents, type: string): Record<string, number> {
  const names = world.client.watches.get(type)?.names ?? [];
  const all = of[type] ?? {};
  return traitsOf(type).wholeSet ? all : Object.fromEntries(Object.entries(all).filter(([n]) => names.includes(n)));
}

describe("an ADS server and a client", () => {
  test("law: after everything is delivered the client holds the snapshot", () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), contents.filter(good), (moves, last) => {
        const world = start();
        for (const make of moves) make(world);
        world.connect();
        world.publish(last);
        world.settle();
        for (const type of TYPES) {
          if (last[type] === undefined) continue;
          const held = Object.fromEntries(world.inForce.get(type) ?? []);
          // A server of the state of the world does not say that a named resource is gone.
          const asked = traitsOf(type).wholeSet ? held : pick(held, Object.keys(last[type]));
          expect(asked, type).toEqual(wanted(world, last, type));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("law: whatever was published, nothing that the client rejects comes into force", () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 80 }), (moves) => {
        const world = start();
        for (const make of moves) make(world);
        world.connect();
        world.settle();
        for (const held of world.inForce.values()) expect([...held.values()]).not.toContain(BAD);
      }),
      { numRuns: 1_000 },
    );
  });

  test("law: at rest, publishing the same again sends nothing, also where it was rejected", () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), contents, (moves, last) => {
        const world = start();
        for (const make of moves) make(world);
        world.connect();
        world.publish(last);
        world.settle();
        const before = world.sends.length;
        world.publish({ ...last });
        world.settle();
        expect(world.sends.slice(before)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("law: coming back to an unchanged server, a client gets only what it may have dropped", () => {
    fc.assert(
      fc.property(contents.filter(good), (of) => {
        const world = start();
        world.publish(of);
        world.settle();
        world.disconnect();
        const before = world.sends.length;
        world.connect();
        world.settle();
        expect(world.sends.slice(before).filter(({ type }) => traitsOf(type).resumes)).toEqual([]);
      }),
    );
  });
});

const pick = (from: Record<string, number>, names: readonly string[]): Record<string, number> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));

describe("the server's machine", () => {
  const versionOfSet = (byNames: Record<string, number>) =>
    versionOf(Object.entries(byNames).map(([name, content]) => resource(name, content)));

  test("clusters go out before listeners, listeners before routes, each after the other's acknowledgement", () => {
    const world = start();
    world.publish({ [cluster]: { a: 1 }, [listener]: { a: 1 }, [route]: { a: 1 } });
    world.settle();
    expect(world.sends.map(({ type }) => type)).toEqual([cluster, listener, route]);
  });

  test("an empty set is sent on subscription, an unknown one is not", () => {
    const world = start();
    world.publish({ [listener]: {} });
    world.settle();
    expect(world.sends).toEqual([{ type: listener, version: versionOfSet({}), names: [] }]);
  });

  test("a removed listener is removed at the client; the rest stays", () => {
    const world = start();
    world.publish({ [listener]: { a: 1, b: 2 } });
    world.settle();
    world.publish({ [listener]: { b: 2 } });
    world.settle();
    expect(Object.fromEntries(world.inForce.get(listener) ?? [])).toEqual({ b: 2 });
  });

  test("of the routes only the changed one goes out", () => {
    const world = start();
    world.subscribe(route, ["a", "b"]);
    world.settle();
    world.publish({ [route]: { a: 1, b: 1, c: 1 } });
    world.settle();
    world.publish({ [route]: { a: 1, b: 2, c: 2 } });
    world.settle();
    expect(world.sends.map(({ names }) => names)).toEqual([["a", "b"], ["b"]]);
  });

  test("a route that is asked for again is sent again", () => {
    const world = start();
    world.publish({ [route]: { a: 1 } });
    world.settle();
    world.subscribe(route, []);
    world.settle();
    world.subscribe(route, ["a"]);
    world.settle();
    expect(world.sends.map(({ names }) => names)).toEqual([["a"], ["a"]]);
  });

  test("a rejection is reported once, the version not sent again, and going back to the old one is sent", () => {
    const world = start();
    world.publish({ [listener]: { a: 1 } });
    world.settle();
    world.publish({ [listener]: { a: BAD } });
    world.settle();
    world.publish({ [listener]: { a: BAD } });
    world.settle();
    expect(world.rejections).toEqual([{ type: listener, version: versionOfSet({ a: BAD }) }]);
    expect(Object.fromEntries(world.inForce.get(listener) ?? [])).toEqual({ a: 1 });
    world.publish({ [listener]: { a: 1 } });
    world.settle();
    expect(world.sends.map(({ version }) => version)).toEqual([1, BAD, 1].map((n) => versionOfSet({ a: n })));
  });

  test("while the listeners are rejected, known routes wait and a new one is answered", () => {
    const world = start();
    world.publish({ [listener]: { a: 1 }, [route]: { a: 1, b: 1 } });
    world.settle();
    world.publish({ [listener]: { a: BAD }, [route]: { a: 2, b: 2 } });
    world.settle();
    expect(Object.fromEntries(world.inForce.get(route) ?? [])).toEqual({ a: 1 });
    world.subscribe(route, ["a", "b"]);
    world.settle();
    expect(Object.fromEntries(world.inForce.get(route) ?? [])).toEqual({ a: 1, b: 2 });
    world.publish({ [listener]: { a: 2 }, [route]: { a: 2, b: 2 } });
    world.settle();
    expect(Object.fromEntries(world.inForce.get(route) ?? [])).toEqual({ a: 2, b: 2 });
  });

  test("a request with an older nonce acknowledges nothing, and changes what is asked for", () => {
    let { state } = stepServer(newServerState(snapshotOf({ [route]: { a: 1, b: 1 } })), {
      kind: "request",
      request: { type: route, version: "", names: ["a"], nonce: "" },
    });
    const crossed = stepServer(state, {
      kind: "request",
      request: { type: route, version: "", names: ["a", "b"], nonce: "0" },
    });
    expect(crossed.actions).toEqual([]);
    state = crossed.state;
    const acknowledged = stepServer(state, {
      kind: "request",
      request: { type: route, version: versionOfSet({ a: 1 }), names: ["a", "b"], nonce: "1" },
    });
    expect(acknowledged.actions.map((action) => action.kind)).toEqual(["accepted", "send"]);
  });

  test("nothing of a rejected response is taken as held: it may have been applied in part", () => {
    const world = start();
    world.subscribe(route, ["a", "b"]);
    world.publish({ [route]: { a: 1, b: 1 } });
    world.settle();
    world.publish({ [route]: { a: 2, b: BAD } });
    world.settle();
    const before = world.sends.length;
    world.publish({ [route]: { a: 1, b: 1 } });
    world.settle();
    expect(world.sends.slice(before).map(({ names }) => names)).toEqual([["a", "b"]]);
  });

  /** Requests one after the other for route `a`, whose content never changes. */
  function requests(...of: { names: string[]; nonce: string; version?: string; error?: string }[]): string[][] {
    let state = newServerState(snapshotOf({ [route]: { a: 1 } }));
    return of.map((one) => {
      const version = one.version ?? versionOfSet({ a: 1 });
      const step = stepServer(state, { kind: "request", request: { type: route, ...one, version } });
      state = step.state;
      return step.actions.map(({ kind }) => kind);
    });
  }
  const first = { names: ["a"], nonce: "", version: "" };

  test("an answer to an earlier response is none to the one that is under way, though the version be the same", () => {
    const again = [first, { names: ["a"], nonce: "1" }, { names: [], nonce: "1" }, { names: ["a"], nonce: "1" }];
    const opening = [["send"], ["accepted"], [], ["send"]];
    expect(requests(...again, { names: ["a"], nonce: "1" })).toEqual([...opening, []]);
    expect(requests(...again, { names: ["a"], nonce: "1", error: "late" })).toEqual([...opening, []]);
    expect(requests(...again, { names: ["a"], nonce: "2" })).toEqual([...opening, ["accepted"]]);
  });

  test("a request with the last nonce, the old version and no error is no acknowledgement", () => {
    expect(requests(first, { names: ["a"], nonce: "1", version: "" })).toEqual([["send"], []]);
  });

  test("what a client stopped asking for while it was under way is sent when it asks again", () => {
    const meanwhile = { names: [], nonce: "" };
    const acknowledged = { names: [], nonce: "1" };
    expect(requests(first, meanwhile, acknowledged, { names: ["a"], nonce: "1" })).toEqual([
      ["send"],
      [],
      ["accepted"],
      ["send"],
    ]);
  });

  test("a client that says a version is current is believed, once the content is known", () => {
    const claimed = stepServer(newServerState(), {
      kind: "request",
      request: { type: effectivePolicy, version: versionOfSet({ a: 1 }), names: ["a"], nonce: "" },
    });
    expect(claimed.actions).toEqual([]);
    const known = stepServer(claimed.state, {
      kind: "snapshot",
      snapshot: snapshotOf({ [effectivePolicy]: { a: 1 } }),
    });
    expect(known.actions).toEqual([{ kind: "accepted", type: effectivePolicy, version: versionOfSet({ a: 1 }) }]);
  });
});
