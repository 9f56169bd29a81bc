import { NAMES } from "../../compile/envoy/index.ts";
import type { Connection } from "../../policy/model/index.ts";
import type { Endpoint } from "../sockets/index.ts";
import type { ConnectionEnd, LogEvent, RequestOutcome } from "./log-event.ts";

/** What the client got: a status, `grpc-14`, or how its connection ended. `closed`: reset, or ended if it was silent. */
export type Answer = "reset" | "closed" | "stream-reset" | "grpc-14" | `${number}`;

/** Why Envoy refuses by itself. */
export type RefusedBecause =
  | "undecided"
  | "to the proxy itself"
  | "upgrade"
  | "no host"
  | "request target"
  | "headers too large"
  | "headers too late"
  | "malformed"
  | "overload"
  | "other";

/** A connection or request that did not get out. */
export interface Refusal {
  readonly destination: Endpoint;
  readonly startedAt: number;
  readonly answer: Answer;
  /** As Envoy saw it, for people: server name or host. */
  readonly name?: string;
  /** `rules`: nothing admits what it was. `envoy`: refused whatever the rules say. */
  readonly by:
    | { readonly kind: "rules"; readonly was: Connection }
    | { readonly kind: "envoy"; readonly because: RefusedBecause; readonly why: string };
}

/** Undefined: it got out, or it ended by itself. `inspectionMs`: how long Envoy waits for first bytes. */
export function refusalOf(event: LogEvent, inspectionMs: number): Refusal | undefined {
  if (event.kind === "ended") return refusedConnection(event, event.end, inspectionMs);
  if (event.kind === "request ended") return refusedRequest(event, event.outcome);
  return undefined;
}

type Where = Pick<Refusal, "destination" | "startedAt">;

function refusedConnection(
  { destination, startedAt }: Where,
  end: ConnectionEnd,
  inspectionMs: number,
): Refusal | undefined {
  const name = end.serverName === undefined ? {} : { name: end.serverName };
  const where = { destination, startedAt, ...name };
  if (end.chain === NAMES.refuseLocal)
    return {
      ...where,
      answer: "reset",
      by: { kind: "envoy", because: "to the proxy itself", why: "a connection to the proxy itself would loop" },
    };
  if (end.chain !== undefined) return undefined;
  if (!end.flags.split(",").includes("NR"))
    return {
      ...where,
      answer: "reset",
      by: {
        kind: "envoy",
        because: "undecided",
        why: "ended before it was decided: its ClientHello was over 16 KiB or not readable, or the client left",
      },
    };
  const was = { ...factsOf(end, inspectionMs), destination };
  const saidNothing = end.lastedMs >= inspectionMs - CLOCK_SLACK_MS;
  return { ...where, answer: saidNothing ? "closed" : "reset", by: { kind: "rules", was } };
}

/** Envoy's timer may be early by this much. */
const CLOCK_SLACK_MS = 50;

type Facts = { readonly kind: "tls"; readonly serverName?: string } | { readonly kind: "opaque" } | PlainHttp;
interface PlainHttp {
  readonly kind: "http";
  readonly version: "1.1";
  readonly isGrpc: false;
}

/** A record of a connection that no chain took does not say what it was; what the TLS inspector left does. */
function factsOf({ serverName, notTls, lastedMs }: ConnectionEnd, inspectionMs: number): Facts {
  if (serverName !== undefined) return { kind: "tls", serverName: serverName.toLowerCase() };
  if (notTls !== undefined)
    return /HTTPS?_(?:PROXY_)?REQUEST/.test(notTls)
      ? { kind: "http", version: "1.1", isGrpc: false }
      : { kind: "opaque" };
  // decided at once and not plaintext: a ClientHello without a name
  return lastedMs >= inspectionMs - CLOCK_SLACK_MS ? { kind: "opaque" } : { kind: "tls" };
}

function refusedRequest(
  { destination, startedAt, request }: Where & { readonly request: Connection },
  { details, status, host, wasForwarded }: RequestOutcome,
): Refusal | undefined {
  const where = { destination, startedAt, ...(host !== undefined && { name: host }) };
  if (details.startsWith("rbac_access_denied"))
    return { ...where, answer: status === 200 ? "grpc-14" : `${status}`, by: { kind: "rules", was: request } };
  if (wasForwarded || details === "" || LEFT.test(details)) return undefined;
  const [, because, words] = EXPLANATIONS.find(([pattern]) => pattern.test(details)) ?? UNKNOWN;
  const answer: Answer = status === 0 ? "stream-reset" : `${status}`;
  return { ...where, answer, by: { kind: "envoy", because, why: `${words} (${details})` } };
}

/** The client gave up. */
const LEFT = /^(?:downstream_remote_disconnect|http2\.remote_reset|downstream_local_disconnect)/;

/** Envoy's words for its own refusals, and what they mean. */
const EXPLANATIONS: readonly (readonly [RegExp, RefusedBecause, string])[] = [
  [/^upgrade_failed/, "upgrade", "CONNECT, and upgrades other than WebSocket, are not passed on"],
  [/headers_too_large|too_many_headers|headers_count/, "headers too large", "the headers are too large"],
  [/headers_timeout|request_header_timeout/, "headers too late", "the headers did not arrive in time"],
  [/^missing_host_header/, "no host", "the request has no host"],
  [/^(?:route_not_found|missing_path)/, "request target", "Envoy passes on no such request target"],
  [/codec_error|invalid/, "malformed", "this is not well-formed HTTP"],
  [/overload/, "overload", "Envoy is at its limit"],
];
const UNKNOWN = [undefined, "other", "refused by Envoy"] as const;
