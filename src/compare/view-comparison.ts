import { formatConnection, formatPolicyRef, type WrittenRule } from "../policy/model/index.ts";
import { type ClassView, viewClass } from "../policy/space/index.ts";
import type { Answer, Arrival } from "../simulate/index.ts";
import type { KumaComparison, VerdictDifference } from "./compare-kuma.ts";
import { type Difference, MEANING } from "./differences.ts";
import type { Refusal } from "./refusals.ts";

/** Proxies that differ in the same way, in plain values: the shape of the JSON output. */
export interface ComparisonView {
  readonly proxies: readonly { readonly mesh: string; readonly name: string }[];
  readonly state: KumaComparison["state"];
  readonly refusals: readonly {
    readonly kind: Refusal["kind"];
    /** Absent: no row of the table. */
    readonly because?: string;
    readonly text: string;
    readonly rules: readonly { readonly rule: string; readonly written: WrittenRule }[];
  }[];
  readonly differences: readonly DifferenceView[];
  readonly undefinedPorts: readonly (number | "any")[];
  readonly onlyIpv4: boolean;
}

/** One way in which verdicts differ. */
export interface DifferenceView {
  readonly documented: "allow" | "deny";
  /** `admitted`, `closed`, or the status of an answer of its own. */
  readonly kuma: Answer;
  readonly because: readonly { readonly id: Difference; readonly means: string }[];
  readonly connections: string;
  readonly class?: ClassView;
  readonly witness: WitnessView;
  readonly rules?: readonly string[];
}

/** A connection, and what is to be known of how it is sent. */
export interface WitnessView {
  readonly connection: string;
  readonly host?: string;
  readonly upgrade?: string;
  readonly silent?: true;
}

/** Comparisons in plain values, proxies that say the same together, in the order given. */
export function viewComparisons(comparisons: readonly KumaComparison[]): readonly ComparisonView[] {
  const groups = new Map<string, ComparisonView & { readonly proxies: { mesh: string; name: string }[] }>();
  for (const comparison of comparisons) {
    const view = viewOne(comparison);
    const key = JSON.stringify(view);
    const group = groups.get(key) ?? { proxies: [], ...view };
    const { mesh, name } = comparison.dataplane.meta;
    group.proxies.push({ mesh, name });
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Does anything differ? */
export const isDifferent = ({ refusals, differences, undefinedPorts }: ComparisonView): boolean =>
  refusals.length + differences.length + undefinedPorts.length > 0;

function viewOne(comparison: KumaComparison): Omit<ComparisonView, "proxies"> {
  const { state, refusals, differences, undefinedPorts, onlyIpv4 } = comparison;
  return {
    state,
    refusals: refusals.map(({ kind, because, text, rules }) => ({
      kind,
      ...(because === undefined ? {} : { because }),
      text,
      rules: rules.map(({ source, value }) => ({ rule: formatPolicyRef(source), written: value.written })),
    })),
    differences: differences.map(viewDifference),
    undefinedPorts,
    onlyIpv4,
  };
}

function viewDifference(difference: VerdictDifference): DifferenceView {
  const { documented, kuma, because, connections, witness, rules } = difference;
  return {
    documented,
    kuma,
    because: because.map((id) => ({ id, means: MEANING[id] })),
    connections,
    ...(difference.class === undefined ? {} : { class: viewClass(difference.class) }),
    witness: viewWitness(witness),
    ...(rules === undefined ? {} : { rules: rules.map(formatPolicyRef) }),
  };
}

function viewWitness({ connection, authority, upgrade, isSilent }: Arrival): WitnessView {
  return {
    connection: formatConnection(connection),
    ...(authority === undefined ? {} : { host: authority }),
    ...(upgrade === undefined ? {} : { upgrade }),
    ...(isSilent === true ? { silent: true } : {}),
  };
}
