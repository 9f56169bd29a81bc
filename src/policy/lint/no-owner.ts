import type { Lint } from "./context.ts";
import { namePath } from "./policy-at.ts";

/** A policy that nobody answers for. Off unless asked for: not everybody writes owners down this way. */
export const noOwner: Lint = {
  code: "L412-no-owner",
  *find(_, at) {
    const { labels, annotations } = at.resource.meta;
    const hasOwner = [labels, annotations].some((map) =>
      Object.entries(map).some(([name, value]) => /^(?:.*\/)?owner$/.test(name) && value !== ""),
    );
    if (!hasOwner)
      yield {
        at,
        path: namePath(at),
        message: "this policy has no owner",
        help: "write who answers for it: the label or annotation `owner`",
      };
  },
};
