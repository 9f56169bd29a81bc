import { describe, expect, test } from "vitest";
import { type ClientEvent, newClientState, stepClient } from "./client-machine.ts";
import { TYPE_URLS } from "./resource-types.ts";

const { route } = TYPE_URLS;

describe("the client's machine", () => {
  const answer = (version: string, nonce: string): ClientEvent => ({
    kind: "response",
    response: { type: route, version, nonce, resources: [] },
  });
  /** The requests that go out, and the versions that are offered, event by event. */
  function said(...events: ClientEvent[]): unknown[] {
    let state = newClientState({ id: "n", cluster: "c" });
    return events.flatMap((event) => {
      const step = stepClient(state, event);
      state = step.state;
      return step.actions.map((action) => {
        if (action.kind === "send") return action.request;
        return action.kind === "offer" ? `offer ${action.version}` : `reconnect ${action.attempt}`;
      });
    });
  }
  const subscribe: ClientEvent = { kind: "subscribe", type: route, names: ["a"] };
  const connected: ClientEvent = { kind: "connected" };
  const accepted: ClientEvent = { kind: "accepted", type: route };
  const lost: ClientEvent = { kind: "disconnected", wasSteady: false };
  const asked = { type: route, names: ["a"] };
  const node = { id: "n", cluster: "c" };

  test("a rejection names the version that stays in force", () => {
    const rejected: ClientEvent = { kind: "rejected", type: route, message: "bad" };
    expect(said(subscribe, connected, answer("1", "x"), accepted, answer("2", "y"), rejected)).toEqual([
      { ...asked, version: "", nonce: "", node },
      "offer 1",
      { ...asked, version: "1", nonce: "x" },
      "offer 2",
      { ...asked, version: "1", nonce: "y", error: "bad" },
    ]);
  });

  test("a new stream starts with the node, no nonce, and the version that is in force", () => {
    expect(said(subscribe, connected, answer("1", "x"), accepted, lost, connected).slice(3)).toEqual([
      "reconnect 1",
      { ...asked, version: "1", nonce: "", node },
    ]);
  });

  test("what was offered on a stream that is gone is answered on no other", () => {
    expect(said(subscribe, connected, answer("1", "x"), lost, connected, accepted).slice(2)).toEqual([
      "reconnect 1",
      { ...asked, version: "", nonce: "", node },
    ]);
    const later: ClientEvent = { kind: "subscribe", type: route, names: ["b"] };
    expect(said(subscribe, connected, answer("1", "x"), lost, connected, accepted, later).at(-1)).toEqual({
      type: route,
      names: ["b"],
      version: "1",
      nonce: "",
    });
  });

  test("of responses that arrive while one is being taken, the newest is offered next", () => {
    expect(said(subscribe, connected, answer("1", "x"), answer("2", "y"), answer("3", "z"), accepted).slice(1)).toEqual(
      ["offer 1", { ...asked, version: "1", nonce: "x" }, "offer 3"],
    );
  });

  test("attempts are counted until a stream proves useful", () => {
    const steady: ClientEvent = { kind: "disconnected", wasSteady: true };
    const attempts = said(lost, lost, steady, lost, connected, subscribe, answer("1", "x"), lost);
    expect(attempts.filter((one) => String(one).startsWith("reconnect"))).toEqual(
      [1, 2, 1, 2, 1].map((attempt) => `reconnect ${attempt}`),
    );
  });
});
