import { quote } from "../diagnostics/index.ts";
import type { Rule } from "../model/index.ts";
import type { RuleAt } from "./cover.ts";
import { rulePath } from "./policy-at.ts";

/** `` `*.wikipedia.org` (`tls`, port 443) ``. */
export const ruleWords = ({ written, protocol, port }: Rule): string =>
  `${quote(written.value)} (\`${protocol}\`, ${port === undefined ? "every port" : `port ${port}`})`;

const SHOWN = 3;

/** The first few of a list, in any order, and how many more there are. */
export function listWords(words: readonly string[]): string {
  const sorted = [...new Set(words)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const shown = sorted.length > SHOWN + 1 ? sorted.slice(0, SHOWN) : sorted;
  const last = shown.length < sorted.length ? `${sorted.length - shown.length} more` : shown.pop();
  return shown.length === 0 ? `${last ?? ""}` : `${shown.join(", ")} and ${last}`;
}

/** `policy.yaml:7`: where a rule starts; empty where it did not come from text. */
export function placeOf({ at, index }: RuleAt): string {
  const span = at.spanOf(rulePath(index));
  return span === undefined ? "" : `${span.file}:${span.start.line}`;
}
