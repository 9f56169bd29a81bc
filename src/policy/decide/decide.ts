/**
 * The reference semantics (`MeshPassthrough`: what may leave a workload), kept slow and obvious:
 *
 *   policies ──▶ match ──▶ merge ──▶ EffectivePolicy ──▶ [decide] ──▶ why, diff, test
 *
 * Envoy, the kernel's sets and every other engine are tested against this folder, never the other way round.
 * "§" is the section of the semantics that a clause states. Pure; never throws.
 */
import { assertNever } from "../diagnostics/index.ts";
import type { Connection, EffectivePolicy, Reason, Verdict } from "../model/index.ts";
import { admits } from "./admits.ts";
import { nearestMisses } from "./nearest-misses.ts";

/**
 * May the connection leave, and why? An allow in mode Matched names every rule that admits it, in the order of the
 * policy; a deny names the mode, or says that no rule admits it and which come nearest.
 */
export function decide(policy: EffectivePolicy, connection: Connection): Verdict {
  // §6: on a proxy without transparent proxy, and on a builtin gateway, nothing is enforced.
  if (policy.enforced !== true) return allow([{ kind: "not enforced", why: policy.enforced.not }]);
  const { value: mode, source } = policy.mode;
  switch (mode) {
    // §2: under All and None the rules play no part.
    case "All":
      return allow([{ kind: "mode", mode, source }]);
    case "None":
      return deny([{ kind: "mode", mode, source }]);
    // §2: Matched allows exactly if some rule admits; their order and number mean nothing.
    case "Matched": {
      const admitting = policy.rules.filter((rule) => admits(rule.value, connection));
      if (admitting.length > 0)
        return allow(admitting.map(({ value, source }) => ({ kind: "rule", source, rule: value })));
      return deny([{ kind: "no rule admits", nearest: nearestMisses(policy.rules, connection) }]);
    }
    default:
      return assertNever(mode);
  }
}

const allow = (reasons: readonly Reason[]): Verdict => ({ kind: "allow", reasons });
const deny = (reasons: readonly Reason[]): Verdict => ({ kind: "deny", reasons });
