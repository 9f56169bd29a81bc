import type { NotEnforced } from "./effective-policy.ts";
import type { PolicyRef } from "./policy-ref.ts";
import type { Mode, Rule } from "./rule.ts";

/** In which respects a rule does not fit a connection. */
export type Difference = "port" | "protocol" | "address" | "name";

/** A rule that does not admit the connection, and all that keeps it from doing so. */
export interface NearMiss {
  readonly source: PolicyRef;
  readonly rule: Rule;
  readonly differs: readonly Difference[];
}

export type Reason =
  | { readonly kind: "not enforced"; readonly why: NotEnforced }
  | { readonly kind: "mode"; readonly mode: Mode; readonly source: PolicyRef | "mesh" | "default" }
  | { readonly kind: "rule"; readonly source: PolicyRef; readonly rule: Rule }
  /** The rules that differ least, at most {@link MAX_NEAR_MISSES}. */
  | { readonly kind: "no rule admits"; readonly nearest: readonly NearMiss[] };

export const MAX_NEAR_MISSES = 3;

/** A verdict always says why: every rule that admits, or the mode that decided, or what came closest. */
export interface Verdict {
  readonly kind: "allow" | "deny";
  readonly reasons: readonly Reason[];
}
