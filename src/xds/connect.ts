/** An ADS client over gRPC: the thin shell around `client-machine.ts`. */
import {
  Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  logVerbosity,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { type Address, formatAddress } from "./address.ts";
import { backoffMs } from "./backoff.ts";
import { type ClientAction, type ClientEvent, newClientState, stepClient } from "./client-machine.ts";
import type { DiscoveryResponse, NodeInfo, ReceivedResource } from "./discovery.ts";
import { ADS_PATH } from "./serve.ts";
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

/** A stream that lived this long shows that the server is there. */
const STEADY_MS = 10_000;

const CHANNEL_OPTIONS = {
  // A server that hangs is noticed within ten seconds.
  "grpc.keepalive_time_ms": 5_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.max_receive_message_length": -1,
  // Attempts are made here; the channel must not wait on its own, nor share that wait with others.
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_retries": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
} as const;

const asIs = (message: Buffer): Buffer => message;

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
    connection = openConnection(address, {
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

interface Connection {
  send(message: Uint8Array): void;
  close(): void;
}

interface ConnectionHandler {
  onOpen(): void;
  onResponse(response: DiscoveryResponse<ReceivedResource>): void;
  /** Once; nothing is called after it. */
  onEnd(reason: string, wasSteady: boolean): void;
}

/** One attempt: a channel of its own with one stream on it. */
function openConnection(address: Address, handler: ConnectionHandler): Connection {
  // Failures are reported by the handler, not by a line of the library's own on stderr.
  setLogVerbosity(logVerbosity.NONE);
  const client = new Client(formatAddress(address), credentials.createInsecure(), CHANNEL_OPTIONS);
  let call: ClientDuplexStream<Buffer, Buffer> | undefined;
  let openedAt = Number.POSITIVE_INFINITY;
  let hasEnded = false;

  const end = (reason: string) => {
    if (hasEnded) return;
    hasEnded = true;
    call?.cancel();
    client.close();
    handler.onEnd(reason, performance.now() - openedAt >= STEADY_MS);
  };

  const openStream = () => {
    openedAt = performance.now();
    call = client.makeBidiStreamRequest(ADS_PATH, asIs, asIs);
    call.on("data", (message: Buffer) => {
      if (hasEnded) return;
      const response = readResponse(message);
      if (response === undefined) end("the server sent what is no DiscoveryResponse");
      else handler.onResponse(response);
    });
    call.on("end", () => end("the server ended the stream"));
    call.on("error", (failure: Error) => end(failure.message));
    handler.onOpen();
  };

  /**
   * The channel would try again at its own pace; its first failure ends this attempt instead. One that is accepted and
   * gets no answer just lasts: on one host that is a process which is stopped, and it goes on or dies.
   */
  const watch = () => {
    if (hasEnded) return;
    const channel = client.getChannel();
    const now = channel.getConnectivityState(true);
    if (now === connectivityState.READY) openStream();
    else if (now === connectivityState.TRANSIENT_FAILURE) end(`cannot connect to \`${formatAddress(address)}\``);
    else channel.watchConnectivityState(now, Number.POSITIVE_INFINITY, watch);
  };
  // Not at once: whoever opens a connection gets its handle before its first event.
  setImmediate(watch);

  return {
    send: (message) => {
      if (!hasEnded) call?.write(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
    },
    close: () => {
      hasEnded = true;
      call?.cancel();
      client.close();
    },
  };
}

function readResponse(message: Buffer): DiscoveryResponse<ReceivedResource> | undefined {
  try {
    return decodeResponse(message);
  } catch {
    return undefined;
  }
}
