import type { Checked, CheckedProxy } from "../policy/check/index.ts";
import { assertNever, type Span } from "../policy/diagnostics/index.ts";
import { comparePrecedence, type NotSelected } from "../policy/match/index.ts";
import { formatPolicyRef, type MeshPassthrough, type PolicyRef } from "../policy/model/index.ts";

/** What `effective` shows of one proxy, in plain values: the shape of its JSON and YAML. */
export interface EffectiveView {
  readonly proxy: string;
  readonly mesh: string;
  /** True, or why the policies have no effect. */
  readonly enforced: true | string;
  readonly mode: { readonly value: string; readonly from: string; readonly because: string };
  readonly rules: readonly RuleView[];
  /** Every policy of the files, those that select the proxy first, highest precedence first. */
  readonly policies: readonly PolicyView[];
}

interface RuleView {
  readonly type: string;
  readonly value: string;
  /** Absent: every port. */
  readonly port?: number;
  readonly protocol: string;
  /** `policy#index`. */
  readonly from: string;
  /** `file:line:column`. */
  readonly at?: string;
}

interface PolicyView {
  readonly mesh: string;
  readonly name: string;
  readonly selected: boolean;
  /** Why it does not select the proxy. */
  readonly because?: string;
}

export function viewEffective(checked: Checked, { dataplane, effective, policies }: CheckedProxy): EffectiveView {
  const { source, value } = effective.mode;
  return {
    proxy: dataplane.meta.name,
    mesh: dataplane.meta.mesh,
    enforced: effective.enforced === true ? true : effective.enforced.not,
    mode: { value, from: typeof source === "string" ? source : formatPolicyRef(source), because: modeBecause(source) },
    rules: effective.rules.map(({ value: { written }, source }) => {
      const at = placeOf(checked, source);
      const { type, value, port, protocol } = written;
      return {
        type,
        value,
        ...(port !== undefined && { port }),
        protocol,
        from: formatPolicyRef(source),
        ...(at !== undefined && { at }),
      };
    }),
    policies: [...policies].sort(bySelection).map(({ policy: { meta }, selection }) => ({
      mesh: meta.mesh,
      name: meta.name,
      selected: selection.selected,
      ...(!selection.selected && { because: explain(selection.because) }),
    })),
  };
}

type Selected = CheckedProxy["policies"][number];

const bySelection = (a: Selected, b: Selected): number =>
  Number(b.selection.selected) - Number(a.selection.selected) || comparePrecedence(b.policy, a.policy);

function modeBecause(source: PolicyRef | "mesh" | "default"): string {
  if (source === "mesh") return "by the passthrough flag of the Mesh: no policy selects this proxy";
  if (source === "default") return "by default: no policy that selects this proxy sets a mode";
  return `set by ${formatPolicyRef(source)}`;
}

/** Where a rule is written. */
function placeOf(checked: Checked, source: PolicyRef): string | undefined {
  const isIt = (policy: MeshPassthrough): boolean =>
    policy.meta.name === source.name && policy.meta.mesh === source.mesh;
  const located = checked.resources.find(({ resource }) => resource.type === "MeshPassthrough" && isIt(resource));
  const span = located?.spanOf(["spec", "default", "appendMatch", source.index ?? 0]);
  return span === undefined ? undefined : formatPlace(span);
}

const formatPlace = ({ file, start }: Span): string => `${file}:${start.line}:${start.column}`;

function explain(because: NotSelected): string {
  switch (because.kind) {
    case "other mesh":
      return `it belongs to mesh ${because.policy}`;
    case "shadow":
      return "it is a shadow policy (kuma.io/effect: shadow)";
    case "other zone":
      return `it belongs to zone ${because.policy}, the proxy to zone ${because.proxy}`;
    case "other namespace":
      return because.proxy === undefined
        ? `it is for namespace ${because.policy ?? "-"}, and the proxy has none`
        : `it is for namespace ${because.policy ?? "-"}, the proxy is in ${because.proxy}`;
    case "other proxy type":
      return `it is for proxyTypes ${because.policy.join(", ")}, and this is a ${because.proxy}`;
    case "tags":
      return `no inbound has ${tagsText(because.missing)}`;
    default:
      return assertNever(because);
  }
}

const tagsText = (tags: Readonly<Record<string, string>>): string =>
  Object.entries(tags)
    .map(([tag, value]) => `${tag}: ${value}`)
    .join(", ");
