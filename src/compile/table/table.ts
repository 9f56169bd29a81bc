import type { Cidr, DomainName, Port } from "../../policy/net/index.ts";

/** What rules that leave the port open are filed under. */
export const ANY_PORT = "any";
export type PortKey = Port | typeof ANY_PORT;

/**
 * The names that one layer admits. Sorted, without duplicates, and without names that a wider wildcard of the same
 * set covers; with `any` both lists are empty.
 */
export interface NameSet {
  /** `*` is ruled. */
  readonly any: boolean;
  readonly exact: readonly DomainName[];
  /** `rest` of every `*.rest`. */
  readonly suffix: readonly DomainName[];
}

/** The blocks of one port. Sorted, none inside another. */
export interface PortBlocks {
  readonly port: PortKey;
  readonly blocks: readonly Cidr[];
}

/** The names of one port. */
export interface PortNames {
  readonly port: PortKey;
  readonly names: NameSet;
}

/**
 * What HTTP a rule admits, strongest first: `http` admits every request, `http2` those over HTTP/2, `grpc` those of
 * them that are gRPC. Each admits all that the later ones do.
 */
export const HTTP_LEVELS = ["http", "http2", "grpc"] as const;
export type HttpLevel = (typeof HTTP_LEVELS)[number];

/** One value for each level. */
export type ByLevel<T> = { readonly [level in HttpLevel]: T };

/** The rules of one port that decide per request, as written: not yet joined with those of any port. */
export interface HttpRules {
  readonly port: PortKey;
  readonly names: ByLevel<NameSet>;
  readonly blocks: ByLevel<readonly Cidr[]>;
}

/**
 * An effective policy as an index: by transport, port, kind and name. It holds nothing of sources, order and
 * spelling, so equal modes and equal sets of rules give equal tables. Every list is sorted, ports ascending and
 * {@link ANY_PORT} last, and never holds an empty entry. In modes `All` and `None` there are no rules.
 */
export interface Table {
  /** `Matched` without rules is `None`; a policy that is not enforced is `All`. */
  readonly mode: "All" | "None" | "Matched";
  /** Every byte stream to these addresses. */
  readonly tcp: readonly PortBlocks[];
  /** TLS to these addresses, whatever the name. */
  readonly tlsBlocks: readonly PortBlocks[];
  /** TLS to these names. */
  readonly tlsNames: readonly PortNames[];
  readonly http: readonly HttpRules[];
}
