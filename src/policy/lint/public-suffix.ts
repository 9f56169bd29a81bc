import { quote } from "../diagnostics/index.ts";
import type { Lint } from "./context.ts";
import { rulePath } from "./policy-at.ts";
import { publicSuffix } from "./public-names.ts";

/** A wildcard over a public suffix: names below it belong to whoever registers one. */
export const publicSuffixWildcard: Lint = {
  code: "L404-public-suffix",
  *find(_, at) {
    for (const [index, { match, written }] of at.resource.rules.entries()) {
      if (match.type !== "Domain" || match.pattern.kind !== "suffix") continue;
      const { rest } = match.pattern;
      const suffix = publicSuffix(rest);
      if (suffix?.isSuffix !== true) continue;
      const who = suffix.isPrivate ? "any customer of the service can have a name" : "anybody can register a name";
      yield {
        at,
        path: rulePath(index, "value"),
        message: `${quote(written.value)} admits all of a public suffix: ${who} below \`${rest}\``,
        help: `write the names that are meant, or a wildcard below one of them: \`*.example.${rest}\``,
      };
    }
  },
};
