import type { Cidr, DomainPattern, IpAddress, Port } from "../net/index.ts";

/** Protocols of a rule, in the order of the documentation. */
export const PROTOCOLS = ["tcp", "tls", "grpc", "http", "http2"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** The protocols that are decided per request. */
export const L7_PROTOCOLS = ["http", "http2", "grpc"] as const;
export type L7Protocol = (typeof L7_PROTOCOLS)[number];
export const isL7 = (protocol: Protocol): protocol is L7Protocol =>
  protocol === "http" || protocol === "http2" || protocol === "grpc";

export const MATCH_TYPES = ["Domain", "IP", "CIDR"] as const;
export type MatchType = (typeof MATCH_TYPES)[number];

export const MODES = ["All", "Matched", "None"] as const;
export type Mode = (typeof MODES)[number];

/** What a rule says about the destination, normalised. */
export type Match =
  | { readonly type: "Domain"; readonly pattern: DomainPattern }
  | { readonly type: "IP"; readonly ip: IpAddress }
  | { readonly type: "CIDR"; readonly block: Cidr };

/** An entry of `appendMatch` as its author wrote it; printing a resource gives this back. */
export interface WrittenRule {
  readonly type: MatchType;
  readonly value: string;
  readonly port?: number;
  readonly protocol: Protocol;
}

/** One permission. Without `port`: every port. */
export interface Rule {
  readonly match: Match;
  readonly protocol: Protocol;
  readonly port?: Port;
  readonly written: WrittenRule;
}
