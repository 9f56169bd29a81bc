import type { LabelContext } from "../labels/index.ts";
import type { Dataplane, Mesh, MeshPassthrough, PolicyRef, WrittenRule } from "../model/index.ts";
import type { ConnectionClass } from "../space/index.ts";

/** The resources round a proxy. Labels are computed. */
export interface Situation {
  readonly dataplane: Dataplane;
  readonly mesh: Mesh | undefined;
  readonly policies: readonly MeshPassthrough[];
  /** Every proxy, for saying whom else an edit concerns. */
  readonly dataplanes: readonly Dataplane[];
  readonly context: LabelContext;
}

/** A change of one policy that allows what was asked about. */
export interface Edit {
  /**
   * `add rule`: at the end of the list. `change rule`: `was` becomes `rule`. `set mode`: `passthroughMode: Matched`, and
   * the rule. `new policy`: a policy that selects the proxy.
   */
  readonly kind: "add rule" | "change rule" | "set mode" | "new policy";
  /** With the index of the rule, but for a new policy. */
  readonly policy: PolicyRef;
  readonly rule: WrittenRule;
  readonly was?: WrittenRule;
  /** The policy as it is after the edit. */
  readonly resource: MeshPassthrough;
  /** All that this proxy may then send beyond what was asked about. Exact. */
  readonly lets: readonly ConnectionClass[];
  /** Other proxies that the policy selects, and that enforce it. */
  readonly alsoFor: readonly { readonly mesh: string; readonly name: string }[];
}
