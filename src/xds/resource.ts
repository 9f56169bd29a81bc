import { createHash } from "node:crypto";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** One resource, encoded once and shared by every stream that it goes out on. */
export interface EncodedResource {
  readonly name: string;
  /** Field `resources` of a DiscoveryResponse, tag and length included: appended to a message as it is. */
  readonly field: Uint8Array;
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
  const any = new BinaryWriter().tag(1, WireType.LengthDelimited).string(type);
  any.tag(2, WireType.LengthDelimited).bytes(value);
  const field = new BinaryWriter().tag(2, WireType.LengthDelimited).bytes(any.finish()).finish();
  return { name, field, hash: hashOf(field) };
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
