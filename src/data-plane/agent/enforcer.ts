/**
 * One policy after the other, brought into force everywhere or nowhere.
 *
 *   bytes ─▶ decode ─▶ compile ─▶ narrow the sets ─▶ Envoy ─ACK─▶ widen the sets ─▶ disk ─▶ accepted ─▶ open connections
 *              └─ refused  ▲                           └─NACK─▶ sets and Envoy as before ─▶ which rules? ─▶ refused
 *                          └────────── without them ───────────────────────────────────────────┘
 */

import { decodeEffectivePolicy, type ProxyPolicy } from "../../compile/agent/index.ts";
import type { PortKey } from "../../compile/table/index.ts";
import type { EffectivePolicy } from "../../policy/model/index.ts";
import type { Acceptance } from "../../xds/index.ts";
import type { Log } from "../host/index.ts";
import { type Quarantine, type Quarantined, renderQuarantined, type Trial } from "../quarantine/index.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import type { EnvoyFeed } from "./envoy-feed.ts";
import type { StoredPolicy } from "./policy-file.ts";
import type { RedirectKeeper } from "./redirect-keeper.ts";
import type { Revocation } from "./revocation.ts";

/** Total; `earlierHttpPorts` are those whose chains Envoy has. */
export type Compile = (policy: ProxyPolicy, earlierHttpPorts: readonly PortKey[]) => CompiledPolicy;

/** A policy in force, and where it came from. */
export interface InForce {
  /** Without the rules in quarantine. */
  readonly compiled: CompiledPolicy;
  /** What the policy allows besides, and Envoy rejects. */
  readonly quarantined: readonly Quarantined[];
  /** Absent: no policy was ever received, and everything is denied. */
  readonly bytes?: Uint8Array;
}

export interface EnforcerSettings {
  readonly owner: { readonly mesh: string; readonly name: string };
  readonly compile: Compile;
  readonly feed: Pick<EnvoyFeed, "offer">;
  readonly redirect: Pick<RedirectKeeper, "narrow" | "follow"> | undefined;
  readonly revocation: Pick<Revocation, "begins" | "stays" | "changed">;
  readonly quarantine: Pick<Quarantine, "sift" | "foretell" | "search" | "known">;
  /** Ask a throw-away Envoy whether it takes this. */
  readonly tryOut: (compiled: CompiledPolicy) => Promise<Trial>;
  /** Never throws: what cannot be written now is written later. */
  readonly store: (policy: StoredPolicy) => void;
  readonly log: Log;
}

export interface Enforcer {
  /** Bring what was in force before the start into force again: resolves at Envoy's first answer. */
  begin(): Promise<void>;
  /** Take a policy from the control plane. One at a time; never rejects. */
  apply(bytes: Uint8Array): Promise<Acceptance>;
  /** What would be enforced of it, as far as is known before Envoy has seen it; or why it would be refused. */
  proposed(bytes: Uint8Array): EffectivePolicy | { readonly why: string };
  readonly inForce: InForce;
  /** Resolves once a policy is in force; a proxy that was never told anything has none. */
  readonly received: Promise<void>;
  /** Before the last change, if there was one. */
  readonly earlier: InForce | undefined;
  /** When the last change was in force everywhere, ms since 1970. */
  readonly changedAt: number;
}

export function enforcer(settings: EnforcerSettings, initial: InForce, denyAll: ProxyPolicy): Enforcer {
  const { compile, feed, redirect, revocation, log } = settings;
  let inForce = initial;
  let earlier: InForce | undefined;
  let changedAt = Date.now();
  let work: Promise<unknown> = Promise.resolve();
  const received = Promise.withResolvers<void>();

  /** Undefined when it is in force; else why it is not, and then nothing changed. */
  const enforce = async (next: InForce): Promise<string | undefined> => {
    const before = inForce;
    revocation.begins(next.compiled.policy);
    await redirect?.narrow(before.compiled, next.compiled);
    const answer = await feed.offer(next.compiled.snapshot);
    if (answer.kind === "rejected") {
      await redirect?.follow(before.compiled);
      await revocation.stays();
      return answer.why;
    }
    inForce = next;
    if (next.bytes !== undefined) received.resolve();
    [earlier, changedAt] = [before, Date.now()];
    await redirect?.follow(next.compiled);
    return undefined;
  };
  const take = async (bytes: Uint8Array): Promise<Acceptance> => {
    if (inForce.bytes !== undefined && Buffer.compare(bytes, inForce.bytes) === 0) return answerOf(inForce);
    const started = performance.now();
    const before = inForce;
    const next = await withoutOffenders(bytes, before, settings, enforce);
    if ("why" in next) {
      log.error({ why: next.why }, "policy refused; what was in force stays");
      return { reject: next.why };
    }
    keep(next, settings);
    await revocation.changed({ before: before.compiled.policy, after: next.compiled.policy, at: changedAt });
    tell(before, next, Math.round(performance.now() - started), log);
    return answerOf(next);
  };

  const start = async (): Promise<void> => {
    const answer = await feed.offer(initial.compiled.snapshot);
    if (answer.kind === "accepted") {
      if (initial.bytes !== undefined) received.resolve();
      return;
    }
    log.error({ why: answer.why }, "envoy rejected the policy from disk; everything is denied meanwhile");
    const nothing: InForce = { compiled: compile(denyAll, initial.compiled.httpPorts), quarantined: [] };
    const why = await enforce(nothing);
    if (why !== undefined) {
      log.error({ why }, "envoy rejected even the denial of everything: it has no listeners");
      inForce = nothing;
    }
    const { bytes } = initial;
    if (bytes !== undefined) void inTurn(() => take(bytes));
  };
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = work.then(task);
    work = result.catch(() => {});
    return result;
  };

  return {
    begin: () => inTurn(start),
    apply: (bytes) => inTurn(() => take(bytes)),
    proposed: (bytes) => proposedBy(bytes, inForce, settings),
    get inForce() {
      return inForce;
    },
    received: received.promise,
    get earlier() {
      return earlier;
    },
    get changedAt() {
      return changedAt;
    },
  };
}

/**
 * Bring a policy into force, without the rules that Envoy rejects: what is in force now, or why nothing has changed.
 * `enforce` resolves to Envoy's words where it rejects.
 */
async function withoutOffenders(
  bytes: Uint8Array,
  before: InForce,
  { owner, compile, quarantine, tryOut, log }: EnforcerSettings,
  enforce: (next: InForce) => Promise<string | undefined>,
): Promise<InForce | { readonly why: string }> {
  const wanted = readPolicy(bytes, owner, before.compiled.policy);
  if ("why" in wanted) return wanted;
  const compiledOf = (rules: EffectivePolicy["rules"]) => compile(withRules(wanted, rules), before.compiled.httpPorts);
  /** As far as is known by now. */
  const prepared = (): InForce => {
    const { kept, quarantined } = quarantine.sift(wanted.policy.rules);
    return { compiled: compiledOf(kept), quarantined, bytes };
  };

  const first = prepared();
  const { ports } = first.compiled;
  if (new Set(ports).size < ports.length)
    return { why: `both listeners would be on port ${ports[0]}: choose another \`redirectPortOutbound\`` };
  const why = await enforce(first);
  if (why === undefined) return first;
  const { mode, enforced } = wanted.policy;
  if (mode.value !== "Matched" || enforced !== true) return { why: `envoy rejected it: ${why}; no rule is at fault` };
  log.warn({ why }, "envoy rejected the policy; what was in force stays while the rules at fault are looked for");
  const failed = await quarantine.search({
    rules: first.compiled.policy.rules,
    taken: before.compiled.policy.rules,
    tryOut: (rules) => tryOut(compiledOf(rules)),
  });
  if (failed !== undefined) return { why: `envoy rejected it: ${why}; ${failed}` };
  const second = prepared();
  const still = await enforce(second);
  return still === undefined ? second : { why: `envoy rejected it, also without the rules at fault: ${still}` };
}

function tell(before: InForce, { compiled, quarantined }: InForce, ms: number, log: Log): void {
  if (quarantined.length > 0) {
    const named = { rules: quarantined.slice(0, MOST_TOLD), of: quarantined.length };
    log.error(named, "rules in quarantine: envoy rejects them");
  } else if (before.quarantined.length > 0) log.info({}, "no rule is in quarantine any more");
  log.info({ rules: compiled.policy.rules.length, mode: compiled.policy.mode.value, ms }, "policy in force");
}

function proposedBy(bytes: Uint8Array, { compiled }: InForce, { owner, quarantine }: EnforcerSettings) {
  const wanted = readPolicy(bytes, owner, compiled.policy);
  return "why" in wanted ? wanted : withRules(wanted, quarantine.foretell(wanted.policy.rules)).policy;
}

/** The policy, or why it cannot be this proxy's. */
function readPolicy(
  bytes: Uint8Array,
  owner: EnforcerSettings["owner"],
  before: EffectivePolicy,
): ProxyPolicy | { readonly why: string } {
  const decoded = decodeEffectivePolicy(bytes, before.rules);
  if (!decoded.ok) return { why: decoded.faults.join("; ") };
  const { mesh, proxy } = decoded.value;
  return mesh === owner.mesh && proxy === owner.name
    ? decoded.value
    : { why: `it is the policy of ${mesh}/${proxy}, and this is ${owner.mesh}/${owner.name}` };
}

/** Fewer rules and nothing else: mode, and whether it is enforced at all, stay. */
export const withRules = (policy: ProxyPolicy, rules: EffectivePolicy["rules"]): ProxyPolicy =>
  rules === policy.policy.rules ? policy : { ...policy, policy: { ...policy.policy, rules } };

/** A policy that is not wholly in force is refused, with the rules; the rest of it is in force all the same. */
const answerOf = ({ quarantined }: InForce): Acceptance =>
  quarantined.length === 0 ? { ok: true } : { reject: renderQuarantined(quarantined) };

const MOST_TOLD = 10;

/** On disk before the control plane hears that it was accepted, unless the disk is full. */
function keep({ bytes, compiled }: InForce, { store, quarantine }: EnforcerSettings): void {
  if (bytes !== undefined) store({ policy: bytes, extraHttpPorts: compiled.httpPorts, conflicts: quarantine.known });
}
