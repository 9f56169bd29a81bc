/**
 * DiscoveryRequest and DiscoveryResponse to and from bytes (`envoy/service/discovery/v3/discovery.proto`).
 *
 * By hand, because of two things that generated code does not give: resources are embedded as the bytes they were
 * encoded to once, and of Envoy's Node, 52 kB with its list of extensions, only what is used is decoded.
 * `wire.test.ts` compares both directions with the generated types.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { DiscoveryRequest, DiscoveryResponse, NodeInfo, ReceivedResource } from "./discovery.ts";
import type { EncodedResource } from "./resource.ts";

const BYTES = WireType.LengthDelimited;
/** `google.rpc.Code`: what a rejection carries. */
const INVALID_ARGUMENT = 3;

/** Calls `field` for each field of a message; `false` means that it did not read it. Throws on malformed bytes. */
export function eachField(
  bytes: Uint8Array,
  field: (number: number, type: WireType, reader: BinaryReader) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (!field(number, type, reader)) reader.skip(type, number);
  }
}

/** Throws on bytes that are no such message. */
export function decodeRequest(bytes: Uint8Array): DiscoveryRequest {
  let [type, version, nonce] = ["", "", ""];
  const names: string[] = [];
  let node: NodeInfo | undefined;
  let error: string | undefined;
  eachField(bytes, (number, wire, reader) => {
    if (wire !== BYTES) return false;
    if (number === 1) version = reader.string();
    else if (number === 2) node = decodeNode(reader.bytes());
    else if (number === 3) names.push(reader.string());
    else if (number === 4) type = reader.string();
    else if (number === 5) nonce = reader.string();
    else if (number === 6) error = decodeStatus(reader.bytes());
    else return false;
    return true;
  });
  return {
    type,
    version,
    names,
    nonce,
    ...(node === undefined ? {} : { node }),
    ...(error === undefined ? {} : { error }),
  };
}

export function decodeNode(bytes: Uint8Array): NodeInfo {
  let [id, cluster] = ["", ""];
  eachField(bytes, (number, wire, reader) => {
    if (wire !== BYTES) return false;
    if (number === 1) id = reader.string();
    else if (number === 2) cluster = reader.string();
    else return false;
    return true;
  });
  return { id, cluster };
}

/** The message of a `google.rpc.Status`. */
export function decodeStatus(bytes: Uint8Array): string {
  let message = "";
  eachField(bytes, (number, wire, reader) => {
    if (wire !== BYTES || number !== 2) return false;
    message = reader.string();
    return true;
  });
  return message;
}

export function encodeRequest(request: DiscoveryRequest): Uint8Array {
  const writer = new BinaryWriter();
  const text = (number: number, value: string) => {
    if (value !== "") writer.tag(number, BYTES).string(value);
  };
  text(1, request.version);
  if (request.node !== undefined) writeNode(writer.tag(2, BYTES), request.node);
  for (const name of request.names) writer.tag(3, BYTES).string(name);
  text(4, request.type);
  text(5, request.nonce);
  if (request.error !== undefined) writeStatus(writer.tag(6, BYTES), request.error);
  return writer.finish();
}

/** The message alone: its tag is written already. */
export const writeNode = (writer: BinaryWriter, { id, cluster }: NodeInfo): BinaryWriter =>
  writer.fork().tag(1, BYTES).string(id).tag(2, BYTES).string(cluster).join();

/** As {@link writeNode}. */
export const writeStatus = (writer: BinaryWriter, message: string): BinaryWriter =>
  writer.fork().tag(1, WireType.Varint).int32(INVALID_ARGUMENT).tag(2, BYTES).string(message).join();

export function encodeResponse(response: DiscoveryResponse<EncodedResource>): Uint8Array {
  const writer = new BinaryWriter().tag(1, BYTES).string(response.version);
  for (const { field, body } of response.resources) {
    writer.raw(field);
    if (body !== undefined) writer.raw(body.bytes);
  }
  return writer.tag(4, BYTES).string(response.type).tag(5, BYTES).string(response.nonce).finish();
}

/** Throws on bytes that are no such message. */
export function decodeResponse(bytes: Uint8Array): DiscoveryResponse<ReceivedResource> {
  let [type, version, nonce] = ["", "", ""];
  const resources: ReceivedResource[] = [];
  eachField(bytes, (number, wire, reader) => {
    if (wire !== BYTES) return false;
    if (number === 1) version = reader.string();
    else if (number === 2) resources.push(decodeAny(reader.bytes()));
    else if (number === 4) type = reader.string();
    else if (number === 5) nonce = reader.string();
    else return false;
    return true;
  });
  return { type, version, nonce, resources };
}

export function decodeAny(bytes: Uint8Array): ReceivedResource {
  let type = "";
  let value: Uint8Array = new Uint8Array();
  eachField(bytes, (number, wire, reader) => {
    if (wire !== BYTES) return false;
    if (number === 1) type = reader.string();
    else if (number === 2) value = reader.bytes();
    else return false;
    return true;
  });
  return { type, value };
}
