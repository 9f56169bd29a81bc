/** ADS over gRPC: the thin shell around `ads-server.ts`. */

import { rmSync } from "node:fs";
import {
  type Server as GrpcServer,
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  setLogVerbosity,
  status,
} from "@grpc/grpc-js";
import { type Address, claimSocketPath, formatAddress, protectSocket } from "./address.ts";
import { type AdsServer, type AdsSource, createAdsServer, type Protocol } from "./ads-server.ts";
import type { MessageStream } from "./transport.ts";

const SERVICE = "/envoy.service.discovery.v3.AggregatedDiscoveryService";
export const ADS_PATHS: Readonly<Record<Protocol, string>> = {
  whole: `${SERVICE}/StreamAggregatedResources`,
  delta: `${SERVICE}/DeltaAggregatedResources`,
};

const asIs = (message: Buffer): Buffer => message;

/** Messages stay bytes: the machine's shell encodes and decodes. */
const method = (path: string) => ({
  path,
  requestStream: true as const,
  responseStream: true as const,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});
const ADS_SERVICE = {
  streamAggregatedResources: method(ADS_PATHS.whole),
  deltaAggregatedResources: method(ADS_PATHS.delta),
} satisfies ServiceDefinition;

export interface AdsServerSettings extends AdsSource {
  /** Port 0: any free one; the real one is in the answer's `address`. */
  readonly listen: Address;
  /** Add more services to the same server, before it listens (Envoy's access log goes to the socket of its ADS). */
  readonly services?: (server: GrpcServer) => void;
}

export interface RunningAdsServer extends Pick<AdsServer, "changed"> {
  readonly address: Address;
  /** End streams and listening. Clients see the end of their stream and keep what they have. */
  stop(): Promise<void>;
}

/**
 * Serve ADS, plaintext, on a path socket or on loopback. A path socket is open to this user alone; what a dead process
 * left at its path is replaced. Rejects with one line that says why if the address is taken or cannot be bound.
 */
export async function serveAds(settings: AdsServerSettings): Promise<RunningAdsServer> {
  const { listen } = settings;
  // Failures are reported by a rejection, not by a line of the library's own on stderr.
  setLogVerbosity(logVerbosity.NONE);
  const ads = createAdsServer(settings);
  const server = new Server({
    // A peer that is gone without a word is noticed within twenty seconds.
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.max_send_message_length": -1,
  });
  server.addService(ADS_SERVICE, {
    streamAggregatedResources: (call: ServerDuplexStream<Buffer, Buffer>) => serveCall(ads, call, "whole"),
    deltaAggregatedResources: (call: ServerDuplexStream<Buffer, Buffer>) => serveCall(ads, call, "delta"),
  });
  settings.services?.(server);
  if (listen.kind === "unix") await claimSocketPath(listen.path);
  const port = await bind(server, listen);
  if (listen.kind === "unix") protectSocket(listen.path);
  return {
    address: listen.kind === "unix" ? listen : { ...listen, port },
    changed: () => ads.changed(),
    async stop() {
      // Streams last for ever, so waiting for their end would: they are cut, and then waited for.
      const hasEnded = new Promise<void>((settle) => server.tryShutdown(() => settle()));
      server.forceShutdown();
      await hasEnded;
      if (listen.kind === "unix") rmSync(listen.path, { force: true });
    },
  };
}

function bind(server: Server, address: Address): Promise<number> {
  const text = formatAddress(address);
  return new Promise((settle, fail) => {
    server.bindAsync(text, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) settle(port);
      else fail(new Error(`cannot listen on \`${text}\`: ${error.message}`));
    });
  });
}

function serveCall(ads: AdsServer, call: ServerDuplexStream<Buffer, Buffer>, protocol: Protocol): void {
  let hasEnded = false;
  const stream: MessageStream = {
    send: (message) => {
      if (!hasEnded) call.write(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
    },
    end: (error) => {
      if (error === undefined) call.end();
      else call.emit("error", { code: status.INVALID_ARGUMENT, details: error });
      ended(error ?? "ended here");
    },
  };
  const handler = ads.accept(call.getPeer(), stream, protocol);
  const ended = (message: string) => {
    if (hasEnded) return;
    hasEnded = true;
    handler.onEnd({ message });
  };
  call.on("data", (message: Buffer) => {
    if (!hasEnded) handler.onMessage(message);
  });
  call.on("end", () => {
    call.end();
    ended("the client ended the stream");
  });
  call.on("cancelled", () => ended("the connection was lost or the call cancelled"));
  call.on("error", (error: Error) => ended(error.message));
}
