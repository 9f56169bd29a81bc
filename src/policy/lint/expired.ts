import { quote } from "../diagnostics/index.ts";
import type { Lint } from "./context.ts";
import { parseDate } from "./date.ts";
import { labelOrAnnotation } from "./policy-at.ts";

/** A policy whose `expires` has passed, or cannot be read. A date counts to its end, in UTC. */
export const expired: Lint = {
  code: "L411-expired",
  judges: ({ now }) => now !== undefined,
  *find({ now }, at) {
    const expires = now === undefined ? undefined : labelOrAnnotation(at, "expires", "sallyport.io/expires");
    if (now === undefined || expires === undefined) return;
    const { value, path } = expires;
    const end = parseDate(value);
    if (end === undefined)
      yield {
        at,
        path,
        message: `${quote(value)} is not a date: nobody will be told when this policy expires`,
        help: "write a date such as `2030-12-31`, or a time such as `2030-12-31T18:00:00Z`",
      };
    else if (now >= end)
      yield {
        at,
        path,
        message: `this policy expired on ${quote(value)} and is still in force`,
        help: "take it out, or set a later date",
      };
  },
};
