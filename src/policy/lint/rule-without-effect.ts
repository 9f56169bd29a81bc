import type { Finding, Lint } from "./context.ts";
import { rulePath } from "./policy-at.ts";
import { listWords, placeOf, ruleWords } from "./rule-words.ts";
import { type Coverage, rulesOf } from "./visible-rules.ts";

/** A rule whose every connection other rules admit as well, on each proxy that its policy selects. */
export const ruleWithoutEffect: Lint = {
  code: "L401-rule-without-effect",
  *find({ visible }, at) {
    for (const rule of rulesOf(at)) {
      const coverage = visible.coverageOf(rule);
      if (coverage === undefined) continue;
      const finding: Finding = {
        at,
        path: rulePath(rule.index),
        message: `${ruleWords(rule.rule)} has no effect: ${admittedBy(coverage)}`,
        help: helpFor(coverage),
      };
      yield coverage.isSamePolicy ? { ...finding, removable: rule.index } : finding;
    }
  },
};

function admittedBy({ by, isSamePolicy }: Coverage): string {
  const rules = listWords(by.map(({ rule }) => ruleWords(rule)));
  const policies = listWords(by.map(({ at }) => `\`${at.resource.meta.name}\``));
  const verb = by.length === 1 ? "admits" : "together admit";
  return `${rules}${isSamePolicy ? "" : ` of ${policies}`} ${verb} all of it${isSamePolicy ? "" : ", on every proxy that this policy can select"}`;
}

function helpFor({ by }: Coverage): string {
  const [first, ...others] = by;
  if (first === undefined || others.length > 0) return "take it out, or the others if only this is meant";
  const place = placeOf(first);
  return `take it out, or the other${place === "" ? "" : `, at ${place},`} if only this is meant`;
}
