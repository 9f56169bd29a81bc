import type { Dataplane, EffectivePolicy, NotEnforced, Rule } from "../model/index.ts";
import { connectionClasses, policySpace, viewClass } from "../space/index.ts";
import { diff, type EgressDiff } from "./diff.ts";

/** A proxy and what it enforces. */
export interface ProxyPolicy {
  readonly dataplane: Dataplane;
  readonly effective: EffectivePolicy;
}

/** The name of a Dataplane. */
export interface ProxyName {
  readonly mesh: string;
  readonly name: string;
}

/** Is anything enforced, and if not, why? */
export type Enforced = EffectivePolicy["enforced"];

/** Proxies whose egress changes in the same way. */
export interface DiffGroup extends EgressDiff {
  /**
   * `changed`: the proxy is in both sets. `added`: only in the second; `allowed` is all that may leave it. `removed`:
   * only in the first; `denied` is all that might.
   */
  readonly kind: "changed" | "added" | "removed";
  /** By mesh and name; at least one. */
  readonly proxies: readonly ProxyName[];
  /** Given where enforcement begins or ends, or has another reason to be missing; for one set where it is missing there. */
  readonly enforcement?: { readonly before?: Enforced; readonly after?: Enforced };
}

/** What a change does to all proxies of two sets. */
export interface DiffReport {
  /** Those that change first, then removed and added ones; each kind by its first proxy. Empty: no difference. */
  readonly groups: readonly DiffGroup[];
  /** Proxies of both sets whose every connection has the same verdict in both. */
  readonly unchanged: number;
}

type Change = Omit<DiffGroup, "proxies">;

/** Compare two sets of proxies; a proxy is the same one if mesh and name are. Within a set each name comes once. */
export function diffProxies(before: readonly ProxyPolicy[], after: readonly ProxyPolicy[]): DiffReport {
  const old = new Map(before.map((proxy) => [keyOf(proxy), proxy]));
  const now = new Map(after.map((proxy) => [keyOf(proxy), proxy]));
  const compare = rememberPairs();
  const groups = new Map<string, { change: Change; proxies: ProxyName[] }>();
  let unchanged = 0;
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const [a, b] = [old.get(key), now.get(key)];
    const found = compare(a?.effective, b?.effective);
    const meta = (b ?? a)?.dataplane.meta;
    if (meta === undefined) continue;
    if (found === undefined) {
      unchanged++;
      continue;
    }
    const group = groups.get(found.key) ?? { change: found.change, proxies: [] };
    group.proxies.push({ mesh: meta.mesh, name: meta.name });
    groups.set(found.key, group);
  }
  const sorted = [...groups.values()].map(({ change, proxies }) => ({ ...change, proxies: proxies.sort(byName) }));
  return { groups: sorted.sort(byKindAndName), unchanged };
}

interface Found {
  readonly key: string;
  readonly change: Change;
}

/** Thousands of proxies have few different policies: each pair of policies is compared once. */
function rememberPairs(): (a: EffectivePolicy | undefined, b: EffectivePolicy | undefined) => Found | undefined {
  const identity = identities();
  const known = new Map<string, Map<string, Found | undefined>>();
  return (a, b) => {
    const [left, right] = [identity(a), identity(b)];
    const row = known.get(left) ?? new Map<string, Found | undefined>();
    known.set(left, row);
    if (!row.has(right)) row.set(right, changeOf(a, b));
    return row.get(right);
  };
}

/** Equal texts for policies that hold the same rules, as those do that are made from the same resources. */
function identities(): (policy: EffectivePolicy | undefined) => string {
  const numbers = new Map<Rule, number>();
  const numberOf = (rule: Rule): number => {
    const number = numbers.get(rule) ?? numbers.size;
    numbers.set(rule, number);
    return number;
  };
  return (policy) => {
    if (policy === undefined) return "none";
    if (policy.enforced !== true) return policy.enforced.not;
    const { value } = policy.mode;
    return value === "Matched" ? policy.rules.map((rule) => numberOf(rule.value)).join() : value;
  };
}

function changeOf(a: EffectivePolicy | undefined, b: EffectivePolicy | undefined): Found | undefined {
  const change = describe(a, b);
  if (change.kind === "changed" && change.allowed.length + change.denied.length === 0 && !change.enforcement)
    return undefined;
  const classes = [change.allowed.map(viewClass), change.denied.map(viewClass)];
  return { change, key: JSON.stringify([change.kind, change.enforcement, classes]) };
}

function describe(a: EffectivePolicy | undefined, b: EffectivePolicy | undefined): Change {
  if (a === undefined) {
    const allowed = b === undefined ? [] : connectionClasses(policySpace(b));
    return { kind: "added", allowed, denied: [], ...missing("after", b) };
  }
  if (b === undefined)
    return { kind: "removed", allowed: [], denied: connectionClasses(policySpace(a)), ...missing("before", a) };
  const differs = reasonOf(a.enforced) !== reasonOf(b.enforced);
  const enforcement = differs ? { enforcement: { before: a.enforced, after: b.enforced } } : {};
  return { kind: "changed", ...diff(a, b), ...enforcement };
}

const missing = (when: "before" | "after", policy: EffectivePolicy | undefined): Pick<Change, "enforcement"> =>
  policy === undefined || policy.enforced === true ? {} : { enforcement: { [when]: policy.enforced } };

const reasonOf = (enforced: Enforced): NotEnforced | undefined => (enforced === true ? undefined : enforced.not);

const keyOf = ({ dataplane: { meta } }: ProxyPolicy): string => JSON.stringify([meta.mesh, meta.name]);

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byName = (a: ProxyName, b: ProxyName): number => byText(a.mesh, b.mesh) || byText(a.name, b.name);

const KINDS: readonly DiffGroup["kind"][] = ["changed", "removed", "added"];

function byKindAndName(a: DiffGroup, b: DiffGroup): number {
  const [first, second] = [a.proxies[0], b.proxies[0]];
  const byFirst = first === undefined || second === undefined ? 0 : byName(first, second);
  return KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || byFirst;
}
