/** Connections that are held while policies change: what must become of each. For edits.test.ts and its bench. */
import { decide } from "../../src/policy/decide/index.ts";
import { addressed, type ConnectionText, type EffectivePolicy, parseConnection } from "../../src/policy/model/index.ts";
import type { Live } from "../../src/testbed/index.ts";

/** A held connection, and how the proxy took it in: by its address alone, by its server name, or as HTTP. */
export interface Held {
  readonly text: string;
  readonly connection: ConnectionText;
  readonly taken: "by address" | "as tls" | "as http";
  readonly live: Live;
}

export function connectionOf(text: string): ConnectionText {
  const parsed = parseConnection(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.help}`);
  return parsed.value;
}

export const isDenied = (policy: EffectivePolicy, connection: ConnectionText): boolean => {
  const whole = addressed(connection);
  return whole === undefined || decide(policy, whole).kind === "deny";
};

/** Does some rule admit every connection to the address, whatever is spoken? */
const allowsAddress = (policy: EffectivePolicy, { destination }: ConnectionText): boolean =>
  !isDenied(policy, { kind: "opaque", destination, scheme: "opaque" });

/** How the proxy takes in a connection that the policy allows. */
export function takenAs(policy: EffectivePolicy, connection: ConnectionText): Held["taken"] {
  if (allowsAddress(policy, connection)) return "by address";
  return connection.kind === "tls" ? "as tls" : "as http";
}

/**
 * What an edit must do to the connection itself. On the HTTP side each request is decided, and an upgrade is one. What
 * came in by its address was not looked into: where only its name is allowed now, either is right.
 */
export function judge(policy: EffectivePolicy, { connection, taken }: Held): "stays" | "goes" | "either" {
  if (taken === "as http" && connection.scheme !== "ws") return "stays";
  if (taken !== "by address") return isDenied(policy, connection) ? "goes" : "stays";
  if (allowsAddress(policy, connection)) return "stays";
  return connection.kind === "tls" && !isDenied(policy, connection) ? "either" : "goes";
}

/** What a connection that is open answers: of HTTP, what the rules of the moment say of the next request. */
export function wantedAnswer(policy: EffectivePolicy, { connection, taken }: Held): "pass" | "503" | "grpc-14" {
  if (taken !== "as http" || !isDenied(policy, connection)) return "pass";
  return connection.kind === "http" && connection.isGrpc ? "grpc-14" : "503";
}

export async function answerOf(live: Live, waitMs = 5_000): Promise<string> {
  const [exchange] = await live.exercise(waitMs);
  return exchange?.answer ?? "nothing";
}
