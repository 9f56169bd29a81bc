/** The two messages of the protocol, as plain values. */

/** What of `envoy.config.core.v3.Node` matters here. */
export interface NodeInfo {
  readonly id: string;
  readonly cluster: string;
}

export interface DiscoveryRequest {
  readonly type: string;
  /** The last version that the client accepted; empty: none. */
  readonly version: string;
  readonly names: readonly string[];
  /** Of the response that this one answers; empty on the first request of a stream. */
  readonly nonce: string;
  readonly node?: NodeInfo;
  /** Present: the response with `nonce` was rejected, for this reason. */
  readonly error?: string;
}

export interface ReceivedResource {
  /** Type URL inside the `Any`. */
  readonly type: string;
  readonly value: Uint8Array;
}

export interface DiscoveryResponse<R> {
  readonly type: string;
  readonly version: string;
  readonly nonce: string;
  readonly resources: readonly R[];
}
