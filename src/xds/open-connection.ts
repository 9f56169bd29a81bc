/** One gRPC stream of a discovery client. */
import {
  Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  logVerbosity,
  type ServiceError,
  setLogVerbosity,
  status,
} from "@grpc/grpc-js";
import { type Address, formatAddress } from "./address.ts";
import type { Protocol } from "./ads-server.ts";
import { ADS_PATHS } from "./serve.ts";

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

/** A server that does not know the method is another product, or an older one. */
const UNKNOWN_METHOD: Readonly<Record<Protocol, string>> = {
  whole: "what listens there does not serve xDS",
  delta: "what listens there does not serve incremental xDS: a control plane must not be older than its agents",
};

export interface Connection {
  send(message: Uint8Array): void;
  close(): void;
}

export interface ConnectionHandler<Response> {
  onOpen(): void;
  onResponse(response: Response): void;
  /** Once; nothing is called after it. */
  onEnd(reason: string, wasSteady: boolean): void;
}

/** One attempt: a channel of its own with one stream on it. What `decode` throws on ends it. */
export function openConnection<Response>(
  address: Address,
  protocol: Protocol,
  decode: (message: Uint8Array) => Response,
  handler: ConnectionHandler<Response>,
): Connection {
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
    call = client.makeBidiStreamRequest(ADS_PATHS[protocol], asIs, asIs);
    call.on("data", (message: Buffer) => {
      if (hasEnded) return;
      let response: Response;
      try {
        response = decode(message);
      } catch (error) {
        end(`the server sent what is no response: ${error instanceof Error ? error.message : String(error)}`);
        return;
      }
      handler.onResponse(response);
    });
    call.on("end", () => end("the server ended the stream"));
    call.on("error", (failure: ServiceError) =>
      end(failure.code === status.UNIMPLEMENTED ? UNKNOWN_METHOD[protocol] : failure.message),
    );
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
