import {
  addressed,
  type Connection,
  type EffectivePolicy,
  formatPolicyRef,
  parseConnection,
} from "../../policy/model/index.ts";
import type { Attribution } from "./attribution.ts";
import type { DeniedBecause } from "./denied-counters.ts";
import type { AdmittedOtherwise, Ledger } from "./ledger.ts";
import { matchText, type RuleRow } from "./rule-counters.ts";

/** What `GET /hits` of a sidecar's status socket gives. Times are ISO 8601, of when a connection or request began. */
export interface HitsView {
  readonly mesh: string;
  readonly workload: string;
  /** Of the policy in force; `none` where there is no policy yet, `not enforced` where it has no effect. */
  readonly mode: "All" | "Matched" | "None" | "none" | "not enforced";
  /** When counting began. */
  readonly since: string;
  readonly rules: readonly RuleHits[];
  readonly otherwise: AdmittedOtherwise;
  readonly records: RecordsView;
}

/** One rule in force, in the order of the policy. */
export interface RuleHits {
  /** `name#index` as of now. */
  readonly rule: string;
  readonly mesh: string;
  readonly type: string;
  readonly value: string;
  readonly port?: number;
  readonly protocol: string;
  /** Connections and requests that it admitted. */
  readonly hits: number;
  /** Those of them that no other rule admitted: without it they would have been denied. */
  readonly only: number;
  /** Open now: connections, and requests under way. */
  readonly open: number;
  /** Since when it is counted. */
  readonly since: string;
  readonly first?: string;
  readonly last?: string;
}

/** Whether counts are complete. */
export interface RecordsView {
  readonly read: number;
  /** Envoy took them, and they never arrived. */
  readonly lost: number;
  readonly unread: number;
  /** Bytes that wait to be read. */
  readonly behind: number;
}

/** What `GET /denied` gives. */
export interface DeniedView {
  readonly mesh: string;
  readonly workload: string;
  readonly since: string;
  readonly total: number;
  readonly reasons: Readonly<Partial<Record<DeniedBecause, number>>>;
  /** Most often first. */
  readonly places: readonly DeniedPlace[];
  /** Denials at places that are not listed. */
  readonly others: number;
  readonly records: RecordsView;
}

/** Denials of one kind to one place; connection, destination and answer are those of the last one. */
export interface DeniedPlace {
  readonly because: DeniedBecause;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  readonly connection?: string;
  readonly destination: string;
  readonly answer: string;
  /** What the policy of this moment says of it. */
  readonly now: "allowed" | "denied";
  readonly reason: readonly string[];
}

interface Owner {
  readonly mesh: string;
  readonly name: string;
}

const iso = (ms: number): string => new Date(ms).toISOString();

export interface HitsParts {
  readonly owner: Owner;
  readonly ledger: Ledger;
  readonly by: Attribution;
  readonly hasPolicy: boolean;
  /** What is open now. */
  readonly open: Iterable<Connection>;
  readonly records: RecordsView;
}

export function hitsView({ owner, ledger, by, hasPolicy, open, records }: HitsParts): HitsView {
  const running = new Map<number, number>();
  for (const connection of open) for (const i of by.rulesFor(connection)) running.set(i, (running.get(i) ?? 0) + 1);
  return {
    mesh: owner.mesh,
    workload: owner.name,
    mode: hasPolicy ? modeOf(by.policy) : "none",
    since: iso(ledger.since),
    rules: ledger.rules.rows(by.policy).map((row, i) => ruleHits(row, running.get(i) ?? 0)),
    otherwise: ledger.admitted,
    records,
  };
}

const modeOf = ({ enforced, mode }: EffectivePolicy) => (enforced === true ? mode.value : "not enforced");

function ruleHits({ rule, source, since, count }: RuleRow, open: number): RuleHits {
  return {
    rule: formatPolicyRef(source),
    mesh: source.mesh,
    type: rule.match.type,
    value: matchText(rule.match),
    ...(rule.port !== undefined && { port: rule.port }),
    protocol: rule.protocol,
    ...{ hits: count?.hits ?? 0, only: count?.only ?? 0, open },
    since: iso(since),
    ...(count !== undefined && { first: iso(count.first), last: iso(count.last) }),
  };
}

export interface DeniedParts {
  readonly owner: Owner;
  readonly ledger: Ledger;
  readonly records: RecordsView;
  /** Places to list, at most. */
  readonly most: number;
  /** What the policy of this moment says. */
  readonly judge: (connection: Connection) => Pick<DeniedPlace, "now" | "reason">;
}

export function deniedView({ owner, ledger, records, most, judge }: DeniedParts): DeniedView {
  const { denied } = ledger;
  const places = denied.places();
  const listed = places.slice(0, most);
  return {
    mesh: owner.mesh,
    workload: owner.name,
    since: iso(ledger.since),
    total: denied.total,
    reasons: Object.fromEntries(denied.byReason),
    places: listed.map(({ connection, because, count, first, last, destination, answer }) => {
      const parsed = connection === undefined ? undefined : parseConnection(connection);
      const what = parsed?.ok ? addressed(parsed.value) : undefined;
      const now = what === undefined ? { now: "denied" as const, reason: [ENVOYS_OWN] } : judge(what);
      return {
        ...{ because, count, first: iso(first), last: iso(last) },
        ...(connection !== undefined && { connection }),
        ...{ destination, answer, ...now },
      };
    }),
    others: places.slice(most).reduce((sum, { count }) => sum + count, denied.others),
    records,
  };
}

const ENVOYS_OWN = "refused whatever the rules say";
