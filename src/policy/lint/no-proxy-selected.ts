import { quote } from "../diagnostics/index.ts";
import { nearestWord } from "../text/index.ts";
import type { Lint, LintContext, LintedProxy } from "./context.ts";
import { namePath, type PolicyAt } from "./policy-at.ts";
import { selectorOf } from "./selector.ts";

/** A policy of a mesh with proxies that selects none of them. One that is a shadow means to. */
export const noProxySelected: Lint = {
  code: "L403-no-proxy-selected",
  judges: isKnown,
  *find(context, at) {
    const { meta, targetRef } = at.resource;
    if (!isKnown(context, at) || selectorOf(at.resource) === undefined || context.selectedBy.has(at.resource)) return;
    const proxies = context.proxiesOf.get(meta.mesh) ?? [];
    const many = proxies.length === 1 ? "the one proxy" : `any of the ${proxies.length} proxies`;
    const help = targetRef?.kind === "MeshSubset" ? helpWithTags(targetRef.tags, proxies) : undefined;
    yield {
      at,
      path: targetRef === undefined ? namePath(at) : ["spec", "targetRef"],
      message: `this policy does not select ${many} of mesh ${quote(meta.mesh)}`,
      help:
        help ?? "name proxies that exist, or take the policy out; `sallyport effective` says why each is not selected",
    };
  },
};

function isKnown({ proxiesOf }: LintContext, { resource: { meta } }: PolicyAt): boolean {
  return proxiesOf.has(meta.mesh);
}

/** The first tag that no proxy has, with the value that comes nearest. */
function helpWithTags(tags: Readonly<Record<string, string>>, proxies: readonly LintedProxy[]): string | undefined {
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const [tag, value] of sorted) {
    const values = new Set(
      proxies
        .flatMap(({ dataplane }) => [...dataplane.inbound.map((i) => i.tags), dataplane.gateway?.tags ?? {}])
        .flatMap((set) => (Object.hasOwn(set, tag) ? [set[tag] ?? ""] : [])),
    );
    if (value === "*" ? values.size > 0 : values.has(value)) continue;
    const nearest = nearestWord(value, values);
    return `no proxy has ${quote(`${tag}: ${value}`)}${nearest === undefined ? "" : `: did you mean ${quote(nearest)}?`}`;
  }
  return undefined;
}
