import { isL7, type Rule } from "../model/index.ts";
import { hasPublicAddress } from "./addresses.ts";
import type { Lint } from "./context.ts";
import { rulePath } from "./policy-at.ts";
import { publicSuffix } from "./public-names.ts";
import { ruleWords } from "./rule-words.ts";

/** Plaintext HTTP to a name or address of the internet. */
export const plaintextToInternet: Lint = {
  code: "L409-plaintext-to-internet",
  *find(_, at) {
    for (const [index, rule] of at.resource.rules.entries())
      if (isL7(rule.protocol) && isPublic(rule))
        yield {
          at,
          path: rulePath(index, "protocol"),
          message: `${ruleWords(rule)} lets plaintext out to the internet: anybody on the way can read and change it`,
          help: "let the client open TLS, and write `protocol: tls` with the port for it",
        };
  },
};

function isPublic({ match }: Rule): boolean {
  if (match.type !== "Domain") return hasPublicAddress(match);
  const { pattern } = match;
  if (pattern.kind === "any") return true;
  return publicSuffix(pattern.kind === "exact" ? pattern.name : pattern.rest) !== undefined;
}
