import { decide } from "../decide/index.ts";
import {
  addressed,
  atAddress,
  type Connection,
  type EffectivePolicy,
  formatPolicyRef,
  type PolicyRef,
  type Reason,
  type Rule,
  type Sourced,
  type Verdict,
} from "../model/index.ts";
import { ipFromBits } from "../net/index.ts";
import {
  connectionSpace,
  difference,
  intersection,
  isEmpty,
  policySpace,
  rulesSpace,
  type Space,
  witness,
} from "../space/index.ts";
import type { AssertionCase } from "./parse-assertions.ts";
import type { TestedProxy } from "./run-statement.ts";

/** What became of a case. */
export interface CaseOutcome {
  readonly kind: "case";
  readonly case: AssertionCase;
  readonly proxy: TestedProxy;
  readonly passed: boolean;
  /** `depends`: the address is not known, and some are allowed and some are not. */
  readonly verdict: "allow" | "deny" | "depends";
  /** The verdict of `example`: the connection itself, or one of its addresses where the verdict is not what is wanted. */
  readonly because: Verdict;
  readonly example: Connection;
  /** Where it did not pass. `not enforced`: nothing is, so nothing is proved. */
  readonly problem?: "verdict" | "because" | "not enforced";
}

/** What `because` says of a proxy on which nothing is enforced, for who wants just that. */
const NOT_ENFORCED = "not enforced";

/** One connection, and whether its verdict and reason are those that are wanted. */
export function runCase(one: AssertionCase, proxy: TestedProxy): CaseOutcome {
  const { effective } = proxy;
  const asked = connectionSpace(one.connection);
  const known = addressed(one.connection);
  const { verdict, example } =
    known === undefined ? atAllAddresses(one, asked, effective) : { verdict: undefined, example: known };
  const because = decide(effective, example);
  const outcome = { kind: "case" as const, case: one, proxy, verdict: verdict ?? because.kind, because, example };
  const names = new Set([...because.reasons.map(nameOf), ...admitting(effective, asked, known).map(nameOfRule)]);
  const problem = problemOf(outcome, names);
  return problem === undefined ? { ...outcome, passed: true } : { ...outcome, passed: false, problem };
}

function problemOf(
  { case: { want, because }, verdict, proxy }: Pick<CaseOutcome, "case" | "verdict" | "proxy">,
  names: ReadonlySet<string | undefined>,
): CaseOutcome["problem"] {
  if (proxy.effective.enforced !== true && because !== NOT_ENFORCED) return "not enforced";
  if (verdict !== want) return "verdict";
  return because !== undefined && !names.has(because) ? "because" : undefined;
}

/** The verdict for every address, and an address that tells against what is wanted, if there is one. */
function atAllAddresses({ connection, want }: AssertionCase, asked: Space, policy: EffectivePolicy) {
  const allowed = policySpace(policy);
  const [yes, no] = [witness(intersection(asked, allowed)), witness(difference(asked, allowed))];
  const verdict = no === undefined ? "allow" : yes === undefined ? "deny" : "depends";
  const example = want === "allow" ? (no ?? yes) : (yes ?? no);
  return { verdict, example: example ?? atAddress(connection, ipFromBits(4, 0n)) } as const;
}

/** The rules that admit some of what is asked about, where it is not one connection. */
export function admitting(
  policy: EffectivePolicy,
  asked: Space,
  known: Connection | undefined,
): readonly Sourced<Rule>[] {
  if (known !== undefined || policy.enforced !== true || policy.mode.value !== "Matched") return [];
  return policy.rules.filter(({ value }) => !isEmpty(intersection(rulesSpace([value]), asked)));
}

/** As `because` names a reason. */
function nameOf(reason: Reason): string | undefined {
  if (reason.kind === "rule") return formatPolicyRef(reason.source);
  if (reason.kind === "not enforced") return NOT_ENFORCED;
  if (reason.kind !== "mode") return undefined;
  return typeof reason.source === "string" ? reason.source : formatPolicyRef(reason.source);
}

const nameOfRule = ({ source }: { readonly source: PolicyRef }): string => formatPolicyRef(source);
