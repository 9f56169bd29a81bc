import type { LintCode, Path } from "../diagnostics/index.ts";
import type { Selection } from "../match/index.ts";
import type { Dataplane, EffectivePolicy, MeshPassthrough } from "../model/index.ts";
import { append } from "./multimap.ts";
import type { PolicyAt } from "./policy-at.ts";
import { createVisibleRules, type VisibleRules } from "./visible-rules.ts";

/** A proxy, what it enforces, and which policies had a say. */
export interface LintedProxy {
  readonly dataplane: Dataplane;
  readonly effective: EffectivePolicy;
  readonly policies: readonly { readonly policy: MeshPassthrough; readonly selection: Selection }[];
}

/** What a lint may look at. */
export interface LintContext {
  readonly policies: readonly PolicyAt[];
  /** Every proxy of a mesh; a mesh without any is absent: then nothing is known of who is selected. */
  readonly proxiesOf: ReadonlyMap<string, readonly LintedProxy[]>;
  /** The proxies that a policy selects; absent: none. */
  readonly selectedBy: ReadonlyMap<MeshPassthrough, readonly LintedProxy[]>;
  /** Milliseconds since 1970 in UTC; absent: nothing is said of dates that may have passed. */
  readonly now?: number;
  readonly visible: VisibleRules;
}

/** What a lint found. The path is that of the written document; of a rule it starts as `rulePath` has it. */
export interface Finding {
  readonly at: PolicyAt;
  readonly path: Path;
  readonly message: string;
  readonly help?: string;
  /** The rule of `at` without which the policy admits the same. */
  readonly removable?: number;
}

/** One lint. */
export interface Lint {
  readonly code: LintCode;
  /** Is enough known to judge the policy? Absent: always. What is not judged makes no suppression superfluous. */
  readonly judges?: (context: LintContext, policy: PolicyAt) => boolean;
  /** All findings about one policy. */
  readonly find: (context: LintContext, policy: PolicyAt) => Iterable<Finding>;
}

/** The index of what lints ask for more than once. */
export function createContext(
  policies: readonly PolicyAt[],
  proxies: readonly LintedProxy[],
  now: number | undefined,
): LintContext {
  const proxiesOf = new Map<string, LintedProxy[]>();
  const selectedBy = new Map<MeshPassthrough, LintedProxy[]>();
  for (const proxy of proxies) {
    append(proxiesOf, proxy.dataplane.meta.mesh, proxy);
    for (const { policy, selection } of proxy.policies) if (selection.selected) append(selectedBy, policy, proxy);
  }
  return {
    policies,
    proxiesOf,
    selectedBy,
    visible: createVisibleRules(policies),
    ...(now === undefined ? {} : { now }),
  };
}
