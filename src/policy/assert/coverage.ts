import { addressed, formatPolicyRef, type PolicyRef, type Rule, type Sourced } from "../model/index.ts";
import {
  connectionSpace,
  difference,
  intersection,
  isEmpty,
  rulesMayMeet,
  rulesSpace,
  type Space,
} from "../space/index.ts";
import { spaceOfStatement } from "./class-space.ts";
import type { CaseOutcome } from "./run-case.ts";
import { admitting } from "./run-case.ts";
import type { StatementOutcome, TestedProxy } from "./run-statement.ts";

/** A rule, and whether some assertion would fail without it. */
export interface RuleCoverage {
  readonly source: PolicyRef;
  readonly rule: Rule;
  readonly needed: boolean;
}

/**
 * Which rules the assertions that passed need: those without which at least one of them would fail. A rule that is not
 * needed could go, and nothing would tell; an assertion that wants a deny needs none. Each rule is judged on its own.
 */
export function coverage(
  rules: readonly Sourced<Rule>[],
  outcomes: readonly (CaseOutcome | StatementOutcome)[],
): readonly RuleCoverage[] {
  const needed = new Set<string>();
  for (const outcome of outcomes) {
    if (!outcome.passed) continue;
    const refs = outcome.kind === "case" ? neededByCase(outcome) : neededByStatement(outcome);
    for (const ref of refs) needed.add(keyOf(ref));
  }
  return rules.map(({ source, value: rule }) => ({ source, rule, needed: needed.has(keyOf(source)) }));
}

function neededByCase({ case: one, proxy, verdict, because }: CaseOutcome): readonly PolicyRef[] {
  if (verdict !== "allow") return [];
  const known = addressed(one.connection);
  const asked = connectionSpace(one.connection);
  const here =
    known === undefined
      ? admitting(proxy.effective, asked, known)
      : because.reasons.flatMap((r) => (r.kind === "rule" ? [{ source: r.source, value: r.rule }] : []));
  const named = here.filter(({ source }) => one.because === formatPolicyRef(source));
  return [...named, ...indispensable(here, asked)].map(({ source }) => source);
}

function neededByStatement({ statement, proxies }: StatementOutcome): readonly PolicyRef[] {
  // Fewer rules can only deny more: `no` and `only` stay true.
  if (statement.claim !== "every") return [];
  const meant = spaceOfStatement(statement);
  return proxies.flatMap(({ effective }: TestedProxy) =>
    indispensable(admitting(effective, meant, undefined), meant).map(({ source }) => source),
  );
}

/** The rules without which the others do not admit all that is wanted. */
function indispensable(rules: readonly Sourced<Rule>[], wanted: Space): readonly Sourced<Rule>[] {
  return rules.filter((one) => {
    const own = intersection(rulesSpace([one.value]), wanted);
    const others = rules
      .filter((other) => other !== one && rulesMayMeet(one.value, other.value))
      .map(({ value }) => value);
    return !isEmpty(difference(own, rulesSpace(others)));
  });
}

const keyOf = ({ mesh, name, index }: PolicyRef): string => JSON.stringify([mesh, name, index]);
