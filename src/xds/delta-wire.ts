/**
 * DeltaDiscoveryRequest and DeltaDiscoveryResponse to and from bytes, by hand for the reasons that `wire.ts` gives;
 * `delta-wire.test.ts` compares both directions with the generated types.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { ManifestSchema, PartSchema } from "../gen/sallyport/v1/parts_pb.js";
import type { DeltaRequest, DeltaResponse, Manifest } from "./delta.ts";
import type { NodeInfo } from "./discovery.ts";
import { joinNames, partName, splitNames } from "./parts.ts";
import { decodeAny, decodeNode, decodeStatus, eachField, writeNode, writeStatus } from "./wire.ts";

const BYTES = WireType.LengthDelimited;
const MANIFEST = `type.googleapis.com/${ManifestSchema.typeName}`;
const PART = `type.googleapis.com/${PartSchema.typeName}`;

/** Throws on bytes that are no such message. */
export function decodeDeltaRequest(bytes: Uint8Array): DeltaRequest {
  let [type, nonce] = ["", ""];
  const [subscribe, unsubscribe]: [string[], string[]] = [[], []];
  const initial = new Map<string, string>();
  let node: NodeInfo | undefined;
  let error: string | undefined;
  eachField(bytes, (number, wire, reader) => {
    if (wire !== BYTES) return false;
    if (number === 1) node = decodeNode(reader.bytes());
    else if (number === 2) type = reader.string();
    else if (number === 3) subscribe.push(reader.string());
    else if (number === 4) unsubscribe.push(reader.string());
    else if (number === 5) initial.set(...decodeEntry(reader.bytes()));
    else if (number === 6) nonce = reader.string();
    else if (number === 7) error = decodeStatus(reader.bytes());
    else return false;
    return true;
  });
  return {
    ...{ type, subscribe, unsubscribe, initial, nonce },
    ...(node === undefined ? {} : { node }),
    ...(error === undefined ? {} : { error }),
  };
}

/** One of a map from text to text. */
function decodeEntry(bytes: Uint8Array): [string, string] {
  let [key, value] = ["", ""];
  eachField(bytes, (number, wire, reader) => {
    if (wire !== BYTES) return false;
    if (number === 1) key = reader.string();
    else if (number === 2) value = reader.string();
    else return false;
    return true;
  });
  return [key, value];
}

export function encodeDeltaRequest(request: DeltaRequest): Uint8Array {
  const writer = new BinaryWriter();
  if (request.node !== undefined) writeNode(writer.tag(1, BYTES), request.node);
  writer.tag(2, BYTES).string(request.type);
  for (const name of request.subscribe) writer.tag(3, BYTES).string(name);
  for (const name of request.unsubscribe) writer.tag(4, BYTES).string(name);
  for (const [name, version] of request.initial)
    writer.tag(5, BYTES).fork().tag(1, BYTES).string(name).tag(2, BYTES).string(version).join();
  if (request.nonce !== "") writer.tag(6, BYTES).string(request.nonce);
  if (request.error !== undefined) writeStatus(writer.tag(7, BYTES), request.error);
  return writer.finish();
}

export function encodeDeltaResponse({ type, nonce, manifests, parts, removed }: DeltaResponse): Uint8Array {
  const writer = new BinaryWriter();
  for (const { name, version, head, digest, levels, top } of manifests) {
    const manifest = create(ManifestSchema, { head, digest: joinNames([digest]), levels, parts: joinNames(top) });
    writeResource(writer, name, version, MANIFEST, toBinary(ManifestSchema, manifest));
  }
  writer.raw(encodedParts(parts)).tag(4, BYTES).string(type).tag(5, BYTES).string(nonce);
  for (const name of removed) writer.tag(6, BYTES).string(name);
  return writer.finish();
}

const encoded = new WeakMap<DeltaResponse["parts"], Uint8Array>();

/** Field `resources` for each part: encoded once for all clients that are sent the same. */
function encodedParts(parts: DeltaResponse["parts"]): Uint8Array {
  const known = encoded.get(parts);
  if (known !== undefined) return known;
  const writer = new BinaryWriter();
  for (const [name, content] of parts)
    writeResource(writer, name, "", PART, toBinary(PartSchema, create(PartSchema, { content })));
  const bytes = writer.finish();
  encoded.set(parts, bytes);
  return bytes;
}

function writeResource(writer: BinaryWriter, name: string, version: string, type: string, value: Uint8Array): void {
  writer.tag(2, BYTES).fork();
  if (version !== "") writer.tag(1, BYTES).string(version);
  writer.tag(2, BYTES).fork().tag(1, BYTES).string(type).tag(2, BYTES).bytes(value).join();
  writer.tag(3, BYTES).string(name).join();
}

/** Throws on bytes that are no such message, and on resources that are neither manifests nor parts. */
export function decodeDeltaResponse(bytes: Uint8Array): DeltaResponse {
  let [type, nonce] = ["", ""];
  const manifests: Manifest[] = [];
  const parts = new Map<string, Uint8Array>();
  const removed: string[] = [];
  eachField(bytes, (number, wire, reader) => {
    if (wire !== BYTES) return false;
    if (number === 2) {
      const resource = decodeResource(reader.bytes());
      if ("content" in resource) parts.set(partName(resource.content), resource.content);
      else manifests.push(resource);
    } else if (number === 4) type = reader.string();
    else if (number === 5) nonce = reader.string();
    else if (number === 6) removed.push(reader.string());
    else return false;
    return true;
  });
  return { type, nonce, manifests, parts, removed };
}

function decodeResource(bytes: Uint8Array): Manifest | { readonly content: Uint8Array } {
  let [name, version] = ["", ""];
  let any = { type: "", value: new Uint8Array() as Uint8Array };
  eachField(bytes, (number, wire, reader) => {
    if (wire !== BYTES) return false;
    if (number === 1) version = reader.string();
    else if (number === 2) any = decodeAny(reader.bytes());
    else if (number === 3) name = reader.string();
    else return false;
    return true;
  });
  if (any.type === PART) return { content: fromBinary(PartSchema, any.value).content };
  if (any.type !== MANIFEST) throw new TypeError(`\`${any.type}\` is neither a manifest nor a part`);
  const { head, digest, levels, parts } = fromBinary(ManifestSchema, any.value);
  return { name, version, head, levels, digest: Buffer.from(digest).toString("hex"), top: splitNames(parts) };
}
