import type { Lint } from "./context.ts";
import { rulePath } from "./policy-at.ts";
import { ruleWords } from "./rule-words.ts";

/** A rule without port, which admits every port. */
export const allPorts: Lint = {
  code: "L406-all-ports",
  *find(_, at) {
    for (const [index, rule] of at.resource.rules.entries())
      if (rule.port === undefined)
        yield {
          at,
          path: rulePath(index),
          message: `${ruleWords(rule)} is not limited to a port`,
          help: "write `port`, in a rule for each port that is meant",
        };
  },
};
