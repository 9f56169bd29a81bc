/** The shell round a client's machine: its actions become messages and attempts, a stream's life becomes its events. */
import type { Address } from "./address.ts";
import type { Protocol } from "./ads-server.ts";
import { backoffMs } from "./backoff.ts";
import { type Connection, openConnection } from "./open-connection.ts";

/** What a user of a client answers to what it is offered. */
export type Acceptance = { readonly ok: true } | { readonly reject: string };

export interface ShellSettings {
  readonly address: Address;
  onConnected?(): void;
  /** `retryMs`: when the next attempt is made. */
  onDisconnected?(reason: string, retryMs: number): void;
}

type StreamEvent<Response> =
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected"; readonly wasSteady: boolean }
  | { readonly kind: "response"; readonly response: Response };

/** What a machine hears of besides the life of its stream. */
export type OwnEvent<Event extends { readonly kind: string }> = Exclude<
  Event,
  { readonly kind: StreamEvent<unknown>["kind"] }
>;

type Action<Request, Offer> =
  | { readonly kind: "send"; readonly request: Request }
  | { readonly kind: "reconnect"; readonly attempt: number }
  | Offer;

interface Machine<State, Event, Request, Response, Offer> {
  readonly protocol: Protocol;
  readonly first: State;
  readonly next: (
    state: State,
    event: Event | StreamEvent<Response>,
  ) => { readonly state: State; readonly actions: readonly Action<Request, Offer>[] };
  readonly encode: (request: Request) => Uint8Array;
  /** What it throws on ends the stream. */
  readonly decode: (message: Uint8Array) => Response;
  readonly accept: (offer: Offer) => Promise<Acceptance>;
  readonly answered: (offer: Offer, answer: Acceptance) => Event;
}

/** Connects, and stays connected until `stop`: a connection that is lost or refused is tried again for ever. */
export function stayConnected<
  State extends { readonly isConnected: boolean },
  Event,
  Request,
  Response,
  Offer extends { readonly kind: "offer" },
>(settings: ShellSettings, machine: Machine<State, Event, Request, Response, Offer>) {
  const { protocol, next, encode, decode, accept, answered } = machine;
  let state = machine.first;
  let connection: Connection | undefined;
  let timer: NodeJS.Timeout | undefined;
  let lastEnd = "";
  let hasStopped = false;

  const step = (event: Event | StreamEvent<Response>) => {
    if (hasStopped) return;
    const result = next(state, event);
    state = result.state;
    for (const action of result.actions) act(action);
  };

  const act = (action: Action<Request, Offer>) => {
    if (action.kind === "send") connection?.send(encode(action.request));
    else if (action.kind === "offer") void offer(action);
    else {
      const retryMs = backoffMs(action.attempt, Math.random());
      timer = setTimeout(open, retryMs);
      settings.onDisconnected?.(lastEnd, retryMs);
    }
  };

  const offer = async (offered: Offer) => {
    const answer = await accept(offered).catch((error: unknown) => ({ reject: String(error) }));
    step(answered(offered, answer));
  };

  const open = () => {
    connection = openConnection(settings.address, protocol, decode, {
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

  open(); // its first event comes later, never from in here
  return {
    step: (event: Event) => step(event),
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
