import type { Server, ServerReadableStream, ServiceDefinition } from "@grpc/grpc-js";
import { type LogMessage, readMessage } from "./log-record.ts";

const PATH = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs";
const asIs = (message: Buffer): Buffer => message;

const SERVICE = {
  streamAccessLogs: {
    path: PATH,
    requestStream: true,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
} satisfies ServiceDefinition;

export interface AccessLogService {
  /** Add it to a server that does not listen yet. */
  addTo(server: Server): void;
}

/** Envoy's gRPC access log (envoy.service.accesslog.v3). `onMessage` must not throw. */
export function accessLogService(onMessage: (message: LogMessage) => void): AccessLogService {
  return {
    addTo(server) {
      server.addService(SERVICE, {
        streamAccessLogs(call: ServerReadableStream<Buffer, Buffer>, done: (error: null, answer: Buffer) => void) {
          call.on("data", (message: Buffer) => onMessage(readMessage(message)));
          call.on("error", () => {}); // Envoy opens another stream with its next record
          call.on("end", () => done(null, Buffer.alloc(0)));
        },
      });
    },
  };
}
