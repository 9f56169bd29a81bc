import { parse } from "tldts";
import type { DomainName } from "../net/index.ts";

/** What the Public Suffix List says of a name. */
export interface Suffix {
  /** The name is itself a suffix below which anybody, or any customer, can have names. */
  readonly isSuffix: boolean;
  /** The suffix belongs to a company that gives names to its customers (`github.io`), not to a registry (`com`). */
  readonly isPrivate: boolean;
}

/** Undefined for a name that no suffix of the list ends: it is not one of the internet. */
export function publicSuffix(name: DomainName): Suffix | undefined {
  const found = parse(name, {
    allowPrivateDomains: true,
    extractHostname: false,
    validateHostname: false,
    detectIp: false,
  });
  // A name outside the list gets its last label as suffix: a guess, not an entry.
  if (found.isIcann !== true && found.isPrivate !== true) return undefined;
  if (found.publicSuffix === "home.arpa") return undefined; // listed, but for networks at home: RFC 8375
  return { isSuffix: found.publicSuffix === name, isPrivate: found.isPrivate === true };
}
