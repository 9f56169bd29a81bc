import {
  type Connection,
  type Difference,
  MAX_NEAR_MISSES,
  type NearMiss,
  type PolicyRef,
  type Rule,
  type Sourced,
} from "../model/index.ts";
import { width } from "../net/index.ts";
import { admitsAddress, admitsName, admitsPort, admitsProtocol, nameOf } from "./admits.ts";

/**
 * All that keeps the rule from admitting the connection: it would admit one that is changed in just these respects,
 * and none that is changed in fewer. Empty where it admits. A change of protocol keeps the name.
 */
export function differences(rule: Rule, connection: Connection): Difference[] {
  const differs: Difference[] = [];
  if (!admitsPort(rule, connection)) differs.push("port");
  if (!admitsProtocol(rule, connection)) differs.push("protocol");
  if (!admitsAddress(rule, connection)) differs.push("address");
  if (!admitsName(rule, nameOf(connection))) differs.push("name");
  return differs;
}

/**
 * The rules that do not admit the connection and differ from it least, at most {@link MAX_NEAR_MISSES}. Among equals
 * come first those that say its destination, then those whose name or address is most like it, then by source: the
 * order of the rules means nothing.
 */
export function nearestMisses(rules: readonly Sourced<Rule>[], connection: Connection): NearMiss[] {
  const nearest: Ranked[] = [];
  for (const { value: rule, source } of rules) {
    const differs = differences(rule, connection);
    if (differs.length === 0 || canAdmitNothing(rule)) continue;
    const last = nearest[MAX_NEAR_MISSES - 1];
    // Likeness costs more than the rest; most of ten thousand rules need none.
    if (last !== undefined && differs.length > last.differs.length) continue;
    const miss = { source, rule, differs, likeness: likenessOf(rule, connection, differs) };
    if (last !== undefined && compareRanked(miss, last) >= 0) continue;
    nearest.push(miss);
    nearest.sort(compareRanked).splice(MAX_NEAR_MISSES);
  }
  return nearest.map(({ likeness: _, ...miss }) => miss);
}

interface Ranked extends NearMiss {
  /** Infinite where the destination fits; else equal labels from the right, or the part of leading bits that are equal. */
  readonly likeness: number;
}

function compareRanked(a: Ranked, b: Ranked): number {
  return (
    a.differs.length - b.differs.length ||
    (a.likeness === b.likeness ? 0 : b.likeness - a.likeness) ||
    compareSources(a.source, b.source)
  );
}

/** By code units: any fixed order will do. */
function compareSources(a: PolicyRef, b: PolicyRef): number {
  const [left, right] = [`${a.mesh}/${a.name}`, `${b.mesh}/${b.name}`];
  return left < right ? -1 : left > right ? 1 : (a.index ?? -1) - (b.index ?? -1);
}

/** A Domain rule for `tcp` is refused by validation; no change of a connection makes it admit. */
const canAdmitNothing = (rule: Rule): boolean => rule.protocol === "tcp" && rule.match.type === "Domain";

function likenessOf({ match }: Rule, connection: Connection, differs: readonly Difference[]): number {
  if (!differs.includes("name") && !differs.includes("address")) return Number.POSITIVE_INFINITY;
  if (match.type === "Domain") {
    if (match.pattern.kind === "any") return 0;
    return commonLabels(
      match.pattern.kind === "exact" ? match.pattern.name : match.pattern.rest,
      nameOf(connection) ?? "",
    );
  }
  const { ip } = connection.destination;
  const other = match.type === "IP" ? match.ip : { family: match.block.family, bits: match.block.base };
  if (other.family !== ip.family) return 0;
  const differing = (other.bits ^ ip.bits).toString(2).length;
  return (width(ip.family) - differing) / width(ip.family);
}

/** Labels that two names share at their ends. No label of `a` is empty. */
function commonLabels(a: string, b: string): number {
  let labels = 0;
  for (let fromEnd = 1; ; fromEnd++) {
    const x = a[a.length - fromEnd] ?? ".";
    if (x !== (b[b.length - fromEnd] ?? ".")) return labels;
    if (x === ".") labels++;
    if (fromEnd > a.length) return labels;
  }
}
