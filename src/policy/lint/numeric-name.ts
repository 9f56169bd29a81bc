import { quote } from "../diagnostics/index.ts";
import type { Lint } from "./context.ts";
import { rulePath } from "./policy-at.ts";

/** A name that ends in a number: clients read it as an address, and no such name is in the DNS. */
export const numericName: Lint = {
  code: "L416-numeric-name",
  *find(_, at) {
    for (const [index, { match, written }] of at.resource.rules.entries()) {
      if (match.type !== "Domain" || match.pattern.kind === "any") continue;
      const name = match.pattern.kind === "exact" ? match.pattern.name : match.pattern.rest;
      if (!/(?:^|\.)\d+$/.test(name)) continue;
      yield {
        at,
        path: rulePath(index, "value"),
        message: `${quote(written.value)} ends in a number: clients take that for an IPv4 address, and no name of the DNS ends so`,
        help: "write an address with `type: IP`, a block with `type: CIDR`, or the name in full",
      };
    }
  },
};
