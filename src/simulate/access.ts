import { ActionSchema, RBAC_Action } from "../gen/envoy/config/rbac/v3/rbac_pb.js";
import type { RBAC } from "../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import type { Facts } from "./arrival.ts";
import { choiceOf } from "./matcher.ts";
import type { Reader } from "./predicate.ts";
import { typeOf, unpack } from "./unpack.ts";

/** Does access control let the request pass? */
export type Access = (facts: Facts) => boolean;

export const DENY: Access = () => false;
export const ALLOW: Access = () => true;

/** Rules of access control by a matcher; what matches nothing is denied. Without rules and matcher nothing is asked. */
export function accessOf({ rules, matcher }: RBAC, reader: Reader): Access {
  if (rules !== undefined) return reader.fault("unknown rules of access control") ?? DENY;
  if (matcher === undefined) return ALLOW;
  const choice = choiceOf(matcher, {
    ...reader,
    action: ({ typedConfig }) =>
      unpack(typedConfig, ActionSchema)?.action ?? reader.fault(`unknown action ${typeOf(typedConfig)}`),
  });
  return (facts) => choice(facts) === RBAC_Action.ALLOW;
}
