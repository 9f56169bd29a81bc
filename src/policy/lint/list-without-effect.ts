import type { Lint, LintedProxy } from "./context.ts";
import { listPath } from "./policy-at.ts";
import { listWords } from "./rule-words.ts";

/** A list of rules that no proxy looks at: on each that the policy selects, another mode than `Matched` is in force. */
export const listWithoutEffect: Lint = {
  code: "L402-list-without-effect",
  judges: ({ selectedBy }, { resource }) => enforcing(selectedBy.get(resource)).length > 0,
  *find({ selectedBy }, at) {
    const proxies = enforcing(selectedBy.get(at.resource));
    if (at.resource.rules.length === 0 || proxies.length === 0) return;
    if (proxies.some(({ effective }) => effective.mode.value === "Matched")) return;
    const causes = proxies.map(({ effective: { mode } }) =>
      typeof mode.source === "string" ? "no policy sets a mode" : `\`${mode.source.name}\` sets \`${mode.value}\``,
    );
    const where = proxies.length === 1 ? "on the one proxy" : `on all ${proxies.length} proxies`;
    yield {
      at,
      path: at.resource.mode === undefined ? listPath() : ["spec", "default", "passthroughMode"],
      message: `the list has no effect ${where} that this policy selects: ${listWords(causes)}`,
      help: "lists count under `Matched` only: let the policy that has precedence set it, or take the list out",
    };
  },
};

const enforcing = (proxies: readonly LintedProxy[] = []): readonly LintedProxy[] =>
  proxies.filter(({ effective }) => effective.enforced === true);
