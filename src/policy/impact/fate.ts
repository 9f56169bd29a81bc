import { decide } from "../decide/index.ts";
import type { Connection, Destination, EffectivePolicy, RevocationMode } from "../model/index.ts";
import { isAdmittedByAddress, type Loss, lossOf, mayConcern, mayConcernDestination, revocationOf } from "./loss.ts";

/** An open connection, as far as it is known. */
export type LiveConnection =
  /** Its bytes are passed on as they are: decided once, when it began. */
  | { readonly kind: "passed"; readonly what: Connection }
  /** HTTP with requests that are not answered yet, upgrades and streams included. */
  | { readonly kind: "requests"; readonly requests: readonly Connection[] }
  /** Nobody saw its beginning; where it goes may be unknown too. */
  | { readonly kind: "unseen"; readonly destination: Destination | undefined }
  /** HTTP without a request under way, or not decided yet. */
  | { readonly kind: "idle" };

/**
 * What is in force; between Envoy's change and the news of it there are two that may have admitted a connection, and
 * only what both deny is denied.
 */
export type Now = readonly EffectivePolicy[];

/** Why an open connection may not go on: the connection or request that is denied; without `what` its address is not enough. */
export interface Forbidden {
  readonly what?: Connection;
}

/** Whether a change forbids an open connection; what it loses says which ones it may concern. */
export function forbids(now: Now, loss: Loss, live: LiveConnection): Forbidden | undefined {
  switch (live.kind) {
    case "passed":
      return mayConcern(loss, live.what) && isDenied(now, live.what) ? { what: live.what } : undefined;
    case "requests": {
      const what = loss.kind === "nothing" ? undefined : live.requests.find((request) => isDenied(now, request));
      return what === undefined ? undefined : { what };
    }
    case "unseen": {
      const { destination } = live;
      if (destination === undefined) return loss.kind === "nothing" ? undefined : {};
      const isSafe =
        !mayConcernDestination(loss, destination) || now.some((policy) => isAdmittedByAddress(policy, destination));
      return isSafe ? undefined : {};
    }
    default:
      return undefined; // each of its requests is decided when it comes
  }
}

/** By all that may be in force. */
export const isDenied = (now: Now, what: Connection): boolean =>
  now.every((policy) => decide(policy, what).kind === "deny");

/** A change of what one proxy enforces. */
export interface Change {
  readonly before: EffectivePolicy;
  readonly after: EffectivePolicy;
  /** What becomes of forbidden connections where a policy does not say it. */
  readonly otherwise: RevocationMode;
}

/** What becomes of an open connection. */
export type Fate =
  | { readonly kind: "stays" }
  /** It stays, and the rules of the moment decide whatever comes on it. */
  | { readonly kind: "decided later" }
  | ({ readonly kind: "cut" } & Forbidden)
  /** It has `seconds` to end by itself. Requests that come on it later are decided by the rules of the moment. */
  | ({ readonly kind: "drains"; readonly seconds: number } & Forbidden)
  | ({ readonly kind: "kept" } & Forbidden);

/** Foretells it, as revocation does it. Of a connection that no earlier change has forbidden. */
export function fateOf({ before, after, otherwise }: Change, live: LiveConnection): Fate {
  const forbidden = forbids([after], lossOf(before, after, otherwise), live);
  if (forbidden === undefined) return { kind: live.kind === "idle" ? "decided later" : "stays" };
  const mode = revocationOf(after, otherwise);
  if (mode.kind === "drain") return { kind: "drains", seconds: mode.seconds, ...forbidden };
  return { kind: mode.kind === "keep" ? "kept" : "cut", ...forbidden };
}
