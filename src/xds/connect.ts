/** An ADS client over gRPC: the thin shell around `client-machine.ts`. */
import { type ClientEvent, newClientState, stepClient } from "./client-machine.ts";
import type { NodeInfo, ReceivedResource } from "./discovery.ts";
import { type Acceptance, type OwnEvent, type ShellSettings, stayConnected } from "./stay-connected.ts";
import { decodeResponse, encodeRequest } from "./wire.ts";

export interface Update {
  readonly type: string;
  readonly version: string;
  /** Every resource, or for types that are asked for by name those that are new or changed. */
  readonly resources: readonly ReceivedResource[];
}

export interface AdsClientSettings extends ShellSettings {
  readonly node: NodeInfo;
  /** Type URL → names; without names: all there is. */
  readonly subscriptions: ReadonlyMap<string, readonly string[]>;
  /**
   * Take an update or refuse it with a reason; the server hears of it only then. One at a time for each type. A
   * rejected promise counts as a refusal. What was accepted before stays in force over refusals and lost connections.
   */
  accept(update: Update): Promise<Acceptance>;
}

export interface AdsClient {
  /** Ask for other names of a type from now on. */
  subscribe(type: string, names: readonly string[]): void;
  readonly isConnected: boolean;
  stop(): void;
}

/** Connect, and stay connected until `stop`: a connection that is lost or refused is tried again for ever. */
export function connectAds(settings: AdsClientSettings): AdsClient {
  const { accept } = settings;
  const shell = stayConnected(settings, {
    protocol: "whole",
    first: newClientState(settings.node),
    next: stepClient,
    encode: encodeRequest,
    decode: decodeResponse,
    accept: ({ type, version, resources }) => accept({ type, version, resources }),
    answered: ({ type }, answer): OwnEvent<ClientEvent> =>
      "ok" in answer ? { kind: "accepted", type } : { kind: "rejected", type, message: answer.reject },
  });
  const subscribe: AdsClient["subscribe"] = (type, names) => shell.step({ kind: "subscribe", type, names });
  for (const [type, names] of settings.subscriptions) subscribe(type, names);
  return {
    subscribe,
    get isConnected() {
      return shell.isConnected;
    },
    stop: shell.stop,
  };
}
