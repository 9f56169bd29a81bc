import { decide } from "../../src/policy/decide/index.ts";
import { addressed, type ConnectionText, type EffectivePolicy } from "../../src/policy/model/index.ts";
import type { Live } from "../../src/testbed/index.ts";

/** A held connection, and how the proxy took it in: by its address alone, by its server name, or as HTTP. */
export interface Held {
  readonly text: string;
  readonly kind: string;
  readonly connection: ConnectionText;
  readonly taken: "by address" | "as tls" | "as http";
  readonly live: Live;
}

export const isDenied = (policy: EffectivePolicy, connection: ConnectionText): boolean => {
  const whole = addressed(connection);
  return whole === undefined || decide(policy, whole).kind === "deny";
};

/** Does some rule admit every connection to the address, whatever is spoken? */
export const allowsAddress = (policy: EffectivePolicy, { destination }: ConnectionText): boolean =>
  !isDenied(policy, { kind: "opaque", destination, scheme: "opaque" });

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
