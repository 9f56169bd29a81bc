import { createHash } from "node:crypto";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Manifest } from "./delta.ts";
import { type Body, splitBody } from "./parts.ts";

/** One resource, encoded once and shared by every stream that it goes out on. */
export interface EncodedResource {
  readonly name: string;
  /** Field `resources` of a DiscoveryResponse, tag and length included: appended to a message as it is. */
  readonly field: Uint8Array;
  /** Bytes that end `field`, where other resources end in the same: kept once for all of them. */
  readonly body?: Body;
  /** Hash of type and content: equal exactly if the resources are. */
  readonly hash: string;
}

/** The resources of one type, by name. */
export type ResourceSet = ReadonlyMap<string, EncodedResource>;

/**
 * What one client should have, by type URL. A `Map` is one; an object that compiles on first use is another.
 * `undefined`: nothing is known (nothing is sent, the client keeps what it has); an empty set: there is nothing.
 */
export interface Snapshot {
  get(type: string): ResourceSet | undefined;
}

export const EMPTY_SNAPSHOT: Snapshot = { get: () => undefined };

/** Wrap an encoded message for the wire. `value` is copied, not kept. */
export function encodeResource(type: string, name: string, value: Uint8Array): EncodedResource {
  const field = joined(leadIn(type, value.length), value);
  return { name, field, hash: hashOf(field) };
}

/** The same for a message whose end is shared: `head` is what comes before `body`. Costs nothing for the body. */
export function encodeWithBody(type: string, name: string, head: Uint8Array, body: Body): EncodedResource {
  const field = joined(leadIn(type, head.length + body.bytes.length), head);
  return { name, field, body, hash: hashOf(`${body.digest} ${hashOf(field)}`) };
}

/** All of field `resources` but the value: what follows is as long as it says. */
function leadIn(type: string, length: number): Uint8Array {
  const any = new BinaryWriter().tag(1, WireType.LengthDelimited).string(type);
  const inner = any.tag(2, WireType.LengthDelimited).uint32(length).finish();
  const field = new BinaryWriter().tag(2, WireType.LengthDelimited).uint32(inner.length + length);
  return field.raw(inner).finish();
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** What of a resource's value is in its field: all of it, or its head. */
function valueIn({ field }: EncodedResource): Uint8Array {
  const reader = new BinaryReader(field);
  reader.tag();
  reader.uint32();
  reader.tag();
  reader.string();
  reader.tag();
  reader.uint32();
  return field.subarray(reader.pos);
}

/** The message that {@link encodeResource} or {@link encodeWithBody} wrapped. */
export function messageIn(resource: EncodedResource): Uint8Array {
  const value = valueIn(resource);
  return resource.body === undefined ? value : joined(value, resource.body.bytes);
}

const manifests = new WeakMap<EncodedResource, InParts>();

export interface InParts {
  readonly manifest: Manifest;
  readonly body: Body;
}

/** A resource as it travels in parts. Cut when first asked for, if it has no body of its own. */
export function inParts(resource: EncodedResource): InParts {
  const known = manifests.get(resource);
  if (known !== undefined) return known;
  const { name, hash: version, body: shared } = resource;
  const value = valueIn(resource);
  const [head, body] = shared === undefined ? [new Uint8Array(), splitBody(value)] : [value, shared];
  const { digest, levels, top } = body;
  const made = { manifest: { name, version, head, digest, levels, top }, body };
  manifests.set(resource, made);
  return made;
}

/** Resources of one type as a set; of two with one name the later wins. */
export const resourceSet = (resources: readonly EncodedResource[]): ResourceSet =>
  new Map(resources.map((resource) => [resource.name, resource]));

/** Depends on names and contents alone, so it outlives a restart of the server: a client may resume by it. */
export function versionOf(resources: Iterable<Pick<EncodedResource, "name" | "hash">>): string {
  const lines = [...resources].map(({ name, hash }) => `${name}\0${hash}\n`);
  lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return hashOf(lines.join(""));
}

/** 128 bits of SHA-256: who writes policies must not be able to make two of them look the same. */
const hashOf = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex").slice(0, 32);
