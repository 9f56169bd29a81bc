/** An incremental ADS client of one resource over gRPC: the thin shell around `delta-client-machine.ts`. */
import type { Address } from "./address.ts";
import { backoffMs } from "./backoff.ts";
import type { Acceptance, AdsClient } from "./connect.ts";
import {
  type DeltaClientAction,
  type DeltaClientEvent,
  newDeltaClientState,
  stepDeltaClient,
  type Watched,
} from "./delta-client-machine.ts";
import { decodeDeltaResponse, encodeDeltaRequest } from "./delta-wire.ts";
import type { NodeInfo } from "./discovery.ts";
import { type Connection, openConnection } from "./open-connection.ts";

export interface DeltaClientSettings extends Watched {
  readonly address: Address;
  readonly node: NodeInfo;
  /**
   * Take the resource, whole, or refuse it with a reason; the server hears of it only then. One at a time. A rejected
   * promise counts as a refusal. What was accepted before stays in force over refusals and lost connections. `value`
   * is kept: it must not be changed.
   */
  accept(value: Uint8Array): Promise<Acceptance>;
  onConnected?(): void;
  /** `retryMs`: when the next attempt is made. */
  onDisconnected?(reason: string, retryMs: number): void;
}

/** Connect, and stay connected until `stop`: a connection that is lost or refused is tried again for ever. */
export function connectDelta(settings: DeltaClientSettings): Pick<AdsClient, "isConnected" | "stop"> {
  const { address, accept } = settings;
  let state = newDeltaClientState(settings.node, settings);
  let connection: Connection | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastEnd = "";
  let hasStopped = false;

  const step = (event: DeltaClientEvent) => {
    if (hasStopped) return;
    const result = stepDeltaClient(state, event);
    state = result.state;
    for (const action of result.actions) act(action);
  };

  const act = (action: DeltaClientAction) => {
    if (action.kind === "send") connection?.send(encodeDeltaRequest(action.request));
    else if (action.kind === "offer") void offer(action.value);
    else {
      const retryMs = backoffMs(action.attempt, Math.random());
      timer = setTimeout(open, retryMs);
      settings.onDisconnected?.(lastEnd, retryMs);
    }
  };

  const offer = async (value: Uint8Array) => {
    const answer = await accept(value).catch((error: unknown) => ({ reject: String(error) }));
    step("ok" in answer ? { kind: "accepted" } : { kind: "rejected", message: answer.reject });
  };

  const open = () => {
    connection = openConnection(address, "delta", decodeDeltaResponse, {
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

  open();
  return {
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
