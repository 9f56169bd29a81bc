import { quote } from "../diagnostics/index.ts";
import { hasPublicAddress } from "./addresses.ts";
import type { Lint } from "./context.ts";
import { rulePath } from "./policy-at.ts";

/** Blocks shorter than these hold more than any one owner has: a /8 of IPv4, a /16 of IPv6. */
const SHORTEST = { 4: 8, 6: 16 } as const;

/** A rule for any name, or for a block so wide that it is no destination but a part of the internet. */
export const broadDestination: Lint = {
  code: "L405-broad-destination",
  *find(_, at) {
    for (const [index, { match, written }] of at.resource.rules.entries()) {
      const path = rulePath(index, "value");
      if (match.type === "Domain" && match.pattern.kind === "any")
        yield {
          at,
          path,
          message: "`*` admits every name: this rule restricts only port and protocol",
          help: "write the names that are meant, or a wildcard below one: `*.example.com`",
        };
      if (match.type !== "CIDR" || match.block.prefix >= SHORTEST[match.block.family]) continue;
      if (!hasPublicAddress(match)) continue;
      yield {
        at,
        path,
        message: `${quote(written.value)} holds ${shareOf(match.block.prefix)} IPv${match.block.family} addresses`,
        help: `write the blocks that are meant: this looks at IPv4 blocks wider than /${SHORTEST[4]} and IPv6 blocks wider than /${SHORTEST[6]}`,
      };
    }
  },
};

const shareOf = (prefix: number): string => (prefix === 0 ? "all" : `one in ${2 ** prefix} of all`);
