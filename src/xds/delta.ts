/** The two messages of the incremental protocol, as plain values. */
import type { NodeInfo } from "./discovery.ts";
import type { Tree } from "./parts.ts";

export interface DeltaRequest {
  readonly type: string;
  readonly node?: NodeInfo;
  /** Names of resources, and of parts, to be sent; parts never change, so each is sent once. */
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /**
   * On the first request of a stream, versions of resources that the client holds, by name. One without a version has
   * parts, and wants to hear of the resource whatever its version is.
   */
  readonly initial: ReadonlyMap<string, string>;
  /** Of the response that this one answers; empty: of none. */
  readonly nonce: string;
  /** Present: the response with `nonce` was rejected, for this reason. */
  readonly error?: string;
}

/** A resource: what is its own, and the tree of its parts. */
export interface Manifest extends Tree {
  readonly name: string;
  /** Equal exactly if the resources are. */
  readonly version: string;
  readonly head: Uint8Array;
}

export interface DeltaResponse {
  readonly type: string;
  readonly nonce: string;
  readonly manifests: readonly Manifest[];
  /** By name. One that is received is named by what it holds, whatever it was called. */
  readonly parts: ReadonlyMap<string, Uint8Array>;
  /** There are none of these. */
  readonly removed: readonly string[];
}
