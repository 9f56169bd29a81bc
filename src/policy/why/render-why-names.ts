import { formatConnection, formatPolicyRef, type Rule, type Sourced } from "../model/index.ts";
import { renderClass } from "../space/index.ts";
import { formatQuestion, type Question } from "./question.ts";
import { renderReasons, renderRule, renderVerdict } from "./render-verdict.ts";
import type { WhyNames } from "./why-names.ts";

/** More rules than a person reads are counted, not listed. */
const MAX_LISTED = 10;

/** The answer as lines of plain text without line ends; the first says what was asked, the second the verdict. */
export function renderWhyNames(question: Question, answer: WhyNames): string[] {
  const asked = formatQuestion(question);
  const what = question.connection.destination.ip === undefined ? "name and address" : "name";
  const rules = listRules(answer.admitting);
  if (answer.verdict !== "depends") {
    const byRules = answer.verdict === "allow" && rules.length > 0;
    const reasons = byRules ? ["allowed: rules cover it", ...rules] : renderVerdict(answer.because);
    return [`${asked} (whatever its ${what})`, ...reasons];
  }
  return [
    asked,
    `depends on its ${what}`,
    ...answer.allowed.map((one) => `  allowed: ${renderClass(one)}`),
    ...rules,
    ...answer.denied.map((one) => `  denied: ${renderClass(one)}`),
    `  denied as in ${formatConnection(answer.example)}:`,
    ...renderReasons(answer.because).map((line) => `    ${line}`),
  ];
}

function listRules(admitting: readonly Sourced<Rule>[]): string[] {
  const listed = admitting
    .slice(0, MAX_LISTED)
    .map(({ source, value }) => `  by rule ${formatPolicyRef(source)} (${renderRule(value)})`);
  const more = admitting.length - listed.length;
  return more > 0 ? [...listed, `  and ${more} more rules`] : listed;
}
