/** An ADS client over gRPC: the thin shell around `client-machine.ts`. */
import type { Address } from "./address.ts";
import { backoffMs } from "./backoff.ts";
import { type ClientAction, type ClientEvent, newClientState, stepClient } from "./client-machine.ts";
import type { NodeInfo, ReceivedResource } from "./discovery.ts";
import { type Connection, openConnection } from "./open-connection.ts";
import { decodeResponse, encodeRequest } from "./wire.ts";

/** What a user of the client answers to an update. */
export type Acceptance = { readonly ok: true } | { readonly reject: string };

export interface Update {
  readonly type: string;
  readonly version: string;
  /** Every resource, or for types that are asked for by name those that are new or changed. */
  readonly resources: readonly ReceivedResource[];
}

export interface AdsClientSettings {
  readonly address: Address;
  readonly node: NodeInfo;
  /** Type URL → names; without names: all there is. */
  readonly subscriptions: ReadonlyMap<string, readonly string[]>;
  /**
   * Take an update or refuse it with a reason; the server hears of it only then. One at a time for each type. A
   * rejected promise counts as a refusal. What was accepted before stays in force over refusals and lost connections.
   */
  accept(update: Update): Promise<Acceptance>;
  onConnected?(): void;
  /** `retryMs`: when the next attempt is made. */
  onDisconnected?(reason: string, retryMs: number): void;
}

export interface AdsClient {
  /** Ask for other names of a type from now on. */
  subscribe(type: string, names: readonly string[]): void;
  readonly isConnected: boolean;
  stop(): void;
}

/** Connect, and stay connected until `stop`: a connection that is lost or refused is tried again for ever. */
export function connectAds(settings: AdsClientSettings): AdsClient {
  const { address, accept } = settings;
  let state = newClientState(settings.node);
  let connection: Connection | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastEnd = "";
  let hasStopped = false;

  const step = (event: ClientEvent) => {
    if (hasStopped) return;
    const result = stepClient(state, event);
    state = result.state;
    for (const action of result.actions) act(action);
  };

  const act = (action: ClientAction) => {
    if (action.kind === "send") connection?.send(encodeRequest(action.request));
    else if (action.kind === "offer") void offer(action);
    else {
      const retryMs = backoffMs(action.attempt, Math.random());
      timer = setTimeout(open, retryMs);
      settings.onDisconnected?.(lastEnd, retryMs);
    }
  };

  const offer = async ({ type, version, resources }: Update) => {
    const answer = await accept({ type, version, resources }).catch((error: unknown) => ({ reject: String(error) }));
    step("ok" in answer ? { kind: "accepted", type } : { kind: "rejected", type, message: answer.reject });
  };

  const open = () => {
    connection = openConnection(address, "whole", decodeResponse, {
      onOpen: () => {
        step({ kind: "connected" });
        settings.onConnected?.();
      },
      onResponse: (response) => step({ kind: "response", response }),
      onEnd: (reason, wasSteady) => {
        connection = undefined;
        lastEnd = reason;
        step({ kind: "disconnected", wasSteady });
      },
    });
  };

  for (const [type, names] of settings.subscriptions) step({ kind: "subscribe", type, names });
  open();
  return {
    subscribe: (type, names) => step({ kind: "subscribe", type, names }),
    get isConnected() {
      return state.isConnected;
    },
    stop() {
      hasStopped = true;
      clearTimeout(timer);
      connection?.close();
    },
  };
}
