import type { Span } from "../diagnostics/index.ts";
import type { Labels } from "../model/index.ts";
import type { DomainPattern } from "../net/index.ts";
import type { AddressSet, Traffic } from "../space/index.ts";

/** Connections as a test file names them: in every respect that is given. */
export interface WrittenClass {
  /** Absent: all kinds. */
  readonly traffic?: readonly Traffic[];
  /** First and last, both included. Absent: every port. */
  readonly ports?: readonly (readonly [first: number, last: number])[];
  /** Absent: every address. */
  readonly addresses?: AddressSet;
  /** Only connections with such a name. Absent: every name and none. */
  readonly names?: readonly DomainPattern[];
}

/** What is claimed of the connections that a proxy may open. */
export const CLAIMS = ["no", "only", "every"] as const;
/** One of {@link CLAIMS}: none of the classes, none but them, all of them. */
export type Claim = (typeof CLAIMS)[number];

/** The proxies that a statement is about; what is absent is not asked for. */
export interface ProxyFilter {
  readonly mesh?: string;
  readonly names?: readonly string[];
  /** All on one inbound, or on the gateway; `*` is any value. */
  readonly tags?: Labels;
}

/** A claim about classes of connections, for each proxy that `for` names. */
export interface Statement {
  readonly claim: Claim;
  /** Together; for `only` they may be none. */
  readonly classes: readonly WrittenClass[];
  /** Left out of the classes. */
  readonly except: readonly WrittenClass[];
  readonly for: ProxyFilter;
  readonly name?: string;
  readonly why?: string;
  /** In its file, from 1. */
  readonly line: number;
  readonly span?: Span;
}
