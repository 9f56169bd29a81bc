import type { PolicyRef, Sourced } from "./policy-ref.ts";
import type { RevocationMode } from "./revocation-mode.ts";
import type { Mode, Rule } from "./rule.ts";

/** Why a policy has no effect on a proxy that it selects. */
export type NotEnforced = "no transparent proxy" | "builtin gateway";

/**
 * What one proxy enforces, every value with the policy it came from. `rules` also holds the lists of modes All and
 * None, where they play no part. Equal mode and equal sets of rules mean the same, whatever the sources and order.
 */
export interface EffectivePolicy {
  readonly enforced: true | { readonly not: NotEnforced };
  /** `mesh`: the Mesh's passthrough flag decided. `default`: policies select the proxy, none sets a mode. */
  readonly mode: { readonly value: Mode; readonly source: PolicyRef | "mesh" | "default" };
  readonly rules: readonly Sourced<Rule>[];
  /** What becomes of open connections that a change forbids: the strictest that a selecting policy says; absent: none does. */
  readonly revocation?: RevocationMode;
}
