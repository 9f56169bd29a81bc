/** An incremental ADS client of one resource over gRPC: the thin shell around `delta-client-machine.ts`. */
import type { AdsClient } from "./connect.ts";
import { type DeltaClientEvent, newDeltaClientState, stepDeltaClient, type Watched } from "./delta-client-machine.ts";
import { decodeDeltaResponse, encodeDeltaRequest } from "./delta-wire.ts";
import type { NodeInfo } from "./discovery.ts";
import { type Acceptance, type OwnEvent, type ShellSettings, stayConnected } from "./stay-connected.ts";

export interface DeltaClientSettings extends Watched, ShellSettings {
  readonly node: NodeInfo;
  /**
   * Take the resource, whole, or refuse it with a reason; the server hears of it only then. One at a time. A rejected
   * promise counts as a refusal. What was accepted before stays in force over refusals and lost connections. `value`
   * is kept: it must not be changed.
   */
  accept(value: Uint8Array): Promise<Acceptance>;
}

/** Connect, and stay connected until `stop`: a connection that is lost or refused is tried again for ever. */
export function connectDelta(settings: DeltaClientSettings): Pick<AdsClient, "isConnected" | "stop"> {
  const { accept } = settings;
  return stayConnected(settings, {
    protocol: "delta",
    first: newDeltaClientState(settings.node, settings),
    next: stepDeltaClient,
    encode: encodeDeltaRequest,
    decode: decodeDeltaResponse,
    accept: ({ value }) => accept(value),
    answered: (_offer, answer): OwnEvent<DeltaClientEvent> =>
      "ok" in answer ? { kind: "accepted" } : { kind: "rejected", message: answer.reject },
  });
}
