import { quote } from "../diagnostics/index.ts";
import type { Lint } from "./context.ts";
import { listWords } from "./rule-words.ts";
import { selectorOf } from "./selector.ts";

/** Tags that say which workload a proxy belongs to: the platform sets them, or the token of the proxy is bound to them. */
const IDENTITY = ["kuma.io/service", "k8s.kuma.io/namespace", "k8s.kuma.io/service-name"];
/** Set by the platform, but the same for many. */
const OF_PLATFORM = /^(?:k8s\.)?kuma\.io\//;

/**
 * A permission for proxies with a tag that any workload can give itself. Not where another tag says whose proxy it is,
 * nor in a policy that selects proxies of its own namespace only.
 */
export const borrowableTag: Lint = {
  code: "L413-borrowable-tag",
  *find(_, at) {
    const { mode, rules, targetRef } = at.resource;
    if (targetRef?.kind !== "MeshSubset" || (mode !== "All" && rules.length === 0)) return;
    const selector = selectorOf(at.resource);
    if (selector === undefined || selector.namespace !== undefined) return;
    const tags = Object.entries(targetRef.tags);
    if (tags.some(([tag, value]) => IDENTITY.includes(tag) && value !== "*")) return;
    const borrowable = tags.map(([tag]) => tag).filter((tag) => !OF_PLATFORM.test(tag));
    if (borrowable.length === 0) return;
    const what = mode === "All" ? "everything" : "what this policy admits";
    yield {
      at,
      path: ["spec", "targetRef", "tags"],
      message: `any workload can give itself ${listWords(borrowable.map(quote))}, and ${what} may then leave it`,
      help: "select by `kuma.io/service` or `k8s.kuma.io/namespace` too, or see to it that others cannot set the tag",
    };
  },
};
