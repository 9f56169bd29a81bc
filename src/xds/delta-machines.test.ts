import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DeltaClientEvent,
  type DeltaClientState,
  newDeltaClientState,
  stepDeltaClient,
} from "./delta-client-machine.ts";
import {
  type DeltaServerEvent,
  type DeltaServerState,
  newDeltaServerState,
  stepDeltaServer,
} from "./delta-server-machine.ts";
import { decodeDeltaRequest, decodeDeltaResponse, encodeDeltaRequest, encodeDeltaResponse } from "./delta-wire.ts";
import { splitBody } from "./parts.ts";
import { EMPTY_SNAPSHOT, encodeResource, encodeWithBody, resourceSet, type Snapshot } from "./resource.ts";
import { TYPE_URLS } from "./resource-types.ts";

const TYPE = TYPE_URLS.effectivePolicy;
const NAME = "default/web";
const HEAD = new TextEncoder().encode("head:");
/** What is in force is text, and this in it is what the client's user refuses. */
const BAD = "BAD";

/** Long enough to be cut into several parts, and a few of them different from those of another seed. */
function content(seeds: readonly number[]): string {
  return seeds.map((seed) => `${seed} `.repeat(60 + (seed % 7)) + (seed === 13 ? BAD : "")).join("\n");
}

const snapshotOf = (text: string | undefined): Snapshot =>
  text === undefined
    ? EMPTY_SNAPSHOT
    : new Map([[TYPE, resourceSet([encodeWithBody(TYPE, NAME, HEAD, splitBody(new TextEncoder().encode(text)))])]]);

/** A server and a client, and between them a network that is as bad as it is told to be. */
class World {
  server: DeltaServerState = newDeltaServerState(TYPE);
  client: DeltaClientState = newDeltaClientState({ id: "n", cluster: "c" }, { type: TYPE, name: NAME });
  text: string | undefined;
  readonly published = new Set<string>();
  inForce: string | undefined;
  readonly offered: string[] = [];
  bytesDown = 0;
  readonly said: string[] = [];
  private up: Uint8Array[] = [];
  private down: Uint8Array[] = [];

  publish(text: string): void {
    this.text = text;
    this.published.add(text);
    this.toServer({ kind: "snapshot", snapshot: snapshotOf(text) });
  }
  connect(): void {
    if (this.client.isConnected) return;
    this.server = newDeltaServerState(TYPE, snapshotOf(this.text));
    this.toClient({ kind: "connected" });
  }
  disconnect(): void {
    if (!this.client.isConnected) return;
    [this.up, this.down] = [[], []];
    this.toClient({ kind: "disconnected", wasSteady: false });
  }
  /** Another process, which finds on disk what was in force. */
  restartClient(): void {
    this.disconnect();
    const earlierBody = this.inForce === undefined ? undefined : new TextEncoder().encode(this.inForce);
    this.client = newDeltaClientState({ id: "n", cluster: "c" }, { type: TYPE, name: NAME, earlierBody });
    this.offered.length = 0;
  }
  deliverUp(): boolean {
    const message = this.up.shift();
    if (message !== undefined) this.toServer({ kind: "request", request: decodeDeltaRequest(message) });
    return message !== undefined;
  }
  deliverDown(): boolean {
    const message = this.down.shift();
    if (message !== undefined) this.toClient({ kind: "response", response: decodeDeltaResponse(message) });
    return message !== undefined;
  }
  /** What a stream does not do, done all the same. */
  lose = () => void this.down.shift();
  loseUp = () => void this.up.shift();
  repeat = () => void this.down.unshift(...this.down.slice(0, 1));
  repeatUp = () => void this.up.unshift(...this.up.slice(0, 1));
  reorder = () => void this.down.reverse();
  damage(): void {
    const [message] = this.down;
    if (message === undefined) return;
    const response = decodeDeltaResponse(message);
    const parts = new Map([...response.parts].map(([name, bytes], i) => [name, i === 0 ? bytes.toReversed() : bytes]));
    this.down[0] = encodeDeltaResponse({ ...response, parts });
  }
  falsify(): void {
    const [message] = this.down;
    if (message === undefined) return;
    const response = decodeDeltaResponse(message);
    const manifests = response.manifests.map((one) => ({ ...one, digest: "00".repeat(32) }));
    this.down[0] = encodeDeltaResponse({ ...response, manifests });
  }
  answer(): boolean {
    const text = this.offered.shift();
    if (text === undefined) return false;
    if (text.includes(BAD)) this.toClient({ kind: "rejected", message: "bad" });
    else {
      this.inForce = text;
      this.toClient({ kind: "accepted" });
    }
    return true;
  }
  settle(): void {
    for (let n = 0; n < 1_000; n++) if (!this.deliverUp() && !this.deliverDown() && !this.answer()) return;
    throw new Error("the two never come to rest");
  }
  private toServer(event: DeltaServerEvent): void {
    const { state, actions } = stepDeltaServer(this.server, event);
    this.server = state;
    if (!this.client.isConnected) return;
    for (const action of actions) {
      if (action.kind !== "send") this.said.push(action.kind);
      else {
        const message = encodeDeltaResponse(action.response);
        this.bytesDown += message.length;
        this.down.push(message);
      }
    }
  }
  private toClient(event: DeltaClientEvent): void {
    const { state, actions } = stepDeltaClient(this.client, event);
    this.client = state;
    for (const action of actions) {
      if (action.kind === "send") this.up.push(encodeDeltaRequest(action.request));
      else if (action.kind === "offer") {
        const text = new TextDecoder().decode(action.value);
        expect(text.startsWith("head:")).toBe(true);
        // whatever the network does: what is offered was published like that, whole
        expect(this.published.has(text.slice(5))).toBe(true);
        this.offered.push(text.slice(5));
      }
    }
  }
}

const texts = fc.array(fc.nat(15), { maxLength: 30 }).map(content);
const goodTexts = texts.filter((text) => !text.includes(BAD));
type Move = (world: World) => unknown;
const always = (weight: number, move: Move) => ({ weight, arbitrary: fc.constant(move) });
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: texts.map(
      (text): Move =>
        (w) =>
          w.publish(text),
    ),
  },
  always(8, (w) => w.deliverUp()),
  always(8, (w) => w.deliverDown()),
  always(6, (w) => w.answer()),
  always(1, (w) => w.disconnect()),
  always(2, (w) => w.connect()),
  always(1, (w) => w.restartClient()),
);
const foul: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: move },
  always(1, (w) => w.lose()),
  always(1, (w) => w.loseUp()),
  always(1, (w) => w.repeat()),
  always(1, (w) => w.repeatUp()),
  always(1, (w) => w.reorder()),
  always(1, (w) => w.damage()),
  always(1, (w) => w.falsify()),
);

function started(text?: string): World {
  const world = new World();
  if (text !== undefined) world.publish(text);
  world.connect();
  world.settle();
  return world;
}

describe("a server and a client of a resource in parts", () => {
  test("law: whatever is lost, repeated, reordered or damaged, after a new connection the client has what is served", () => {
    fc.assert(
      fc.property(fc.array(foul, { maxLength: 80 }), goodTexts, (moves, last) => {
        const world = started();
        for (const make of moves) make(world);
        world.disconnect();
        world.connect();
        world.publish(last);
        world.settle();
        expect(world.inForce).toBe(last);
        expect(world.client.held?.version).toBe(world.server.watches.get(NAME)?.held?.hash);
      }),
      { numRuns: 1_500 },
    );
  });

  test("law: edits that arrive in order need no new connection, and what is refused leaves the last good one", () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), texts, goodTexts, (moves, any, last) => {
        const world = started();
        for (const make of moves) make(world);
        world.connect();
        world.publish(any);
        world.settle();
        if (any.includes(BAD)) expect(world.inForce ?? "").not.toContain(BAD);
        else expect(world.inForce).toBe(any);
        world.publish(last);
        world.settle();
        expect(world.inForce).toBe(last);
        const before = world.bytesDown;
        world.publish(last);
        world.settle();
        expect(world.bytesDown).toBe(before);
      }),
      { numRuns: 1_000 },
    );
  });
});

const LONG = Array.from({ length: 10_000 }, (_, i) => `rule ${i} allows host-${i}.example.com on port 443`);
const edited = (at: number, line: string) => LONG.map((old, i) => (i === at ? line : old)).join("\n");

describe("what is sent", () => {
  test("a changed line of half a megabyte: a hundredth of it, and nothing is asked for", () => {
    const world = started(LONG.join("\n"));
    const before = world.bytesDown;
    world.publish(edited(5_000, "another"));
    world.settle();
    expect(world.inForce).toBe(edited(5_000, "another"));
    expect(world.bytesDown - before).toBeLessThan(5_000);
    expect(world.server.responses).toBe(2);
  });

  test("coming back to an unchanged server, nothing; to a changed one, what has changed", () => {
    const world = started(LONG.join("\n"));
    const whole = world.bytesDown;
    world.disconnect();
    world.connect();
    world.settle();
    expect(world.bytesDown).toBe(whole);
    expect(world.said).toEqual(["accepted", "accepted"]);
    world.disconnect();
    world.publish(edited(5_000, "another"));
    world.connect();
    world.settle();
    expect(world.inForce).toBe(edited(5_000, "another"));
    expect(world.bytesDown - whole).toBeLessThan(6_000);
  });

  test("a client that starts again with what it has on disk is offered it anew, and sent a manifest", () => {
    const world = started(LONG.join("\n"));
    const whole = world.bytesDown;
    world.restartClient();
    world.connect();
    while (world.deliverUp() || world.deliverDown());
    expect(world.offered).toEqual([LONG.join("\n")]);
    expect(world.bytesDown - whole).toBeLessThan(2_000);
  });

  test("a part that was damaged on its way is asked for by its name", () => {
    const world = started(LONG.join("\n"));
    world.publish(edited(5_000, "another"));
    world.damage();
    world.settle();
    expect(world.said).toEqual(["accepted", "accepted"]);
    expect(world.inForce).toBe(edited(5_000, "another"));
    expect(world.server.responses).toBe(3);
  });

  test("what does not add up is refused, and everything asked for anew: once, and then at the next change", () => {
    const world = started(LONG.join("\n"));
    const whole = world.bytesDown;
    world.publish(edited(5_000, "another"));
    world.falsify();
    world.settle();
    expect(world.said).toEqual(["accepted", "rejected", "accepted"]);
    expect(world.bytesDown - whole).toBeGreaterThan(whole);
    expect(world.inForce).toBe(edited(5_000, "another"));
    world.publish(edited(1, "more"));
    for (let n = 0; n < 10; n++) {
      world.falsify();
      world.deliverDown();
      world.deliverUp();
    }
    expect(world.said.slice(3)).toEqual(["rejected", "rejected"]);
    expect(world.inForce).toBe(edited(5_000, "another"));
    world.publish(edited(2, "later"));
    world.settle();
    expect(world.inForce).toBe(edited(2, "later"));
  });

  test("a part that is said to be none makes the whole refused", () => {
    const world = started(LONG.join("\n"));
    world.publish(edited(5_000, "another"));
    for (let n = 0; n < 2; n++) {
      world.damage();
      world.deliverDown();
      world.deliverUp();
    }
    world.deliverUp();
    expect(world.said).toEqual(["accepted", "rejected"]);
    world.settle();
    expect(world.inForce).toBe(edited(5_000, "another"));
  });

  test("a resource that is not there any more is not taken away", () => {
    const world = started("one");
    world.text = undefined;
    world.disconnect();
    world.connect();
    world.settle();
    expect(world.inForce).toBe("one");
  });

  test("a part that nobody has is said to be none", () => {
    const request = {
      ...{ type: TYPE, subscribe: ["ab".repeat(16)], unsubscribe: [], initial: new Map<string, string>(), nonce: "" },
    };
    const { actions } = stepDeltaServer(newDeltaServerState(TYPE), { kind: "request", request });
    expect(actions).toMatchObject([{ kind: "send", response: { removed: request.subscribe, manifests: [] } }]);
  });

  test("a rejected resource that is put back is said to be accepted", () => {
    const world = started("good");
    world.publish(BAD);
    world.settle();
    world.publish("good");
    world.settle();
    expect(world.said).toEqual(["accepted", "rejected", "accepted"]);
  });

  test("a resource that has no body of its own travels in parts as well", () => {
    const value = new TextEncoder().encode("whole");
    const snapshot = new Map([[TYPE, resourceSet([encodeResource(TYPE, NAME, value)])]]);
    const request = { type: TYPE, subscribe: [NAME], unsubscribe: [], initial: new Map<string, string>(), nonce: "" };
    const { actions } = stepDeltaServer(newDeltaServerState(TYPE, snapshot), { kind: "request", request });
    const [sent] = actions;
    expect(sent).toMatchObject({ kind: "send", response: { manifests: [{ name: NAME }] } });
    if (sent?.kind === "send") expect([...sent.response.parts.values()]).toEqual([value]);
  });
});
