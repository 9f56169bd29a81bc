/**
 * One policy after the other, brought into force everywhere or nowhere.
 *
 *   bytes ─▶ decode ─▶ compile ─▶ narrow the sets ─▶ Envoy ─ACK─▶ widen the sets ─▶ disk ─▶ accepted ─▶ open connections
 *              └─ refused                              └─NACK─▶ sets and Envoy as before ─▶ refused
 */

import { decodeEffectivePolicy, type ProxyPolicy } from "../../compile/agent/index.ts";
import type { PortKey } from "../../compile/table/index.ts";
import type { Acceptance } from "../../xds/index.ts";
import { errorText, type Log } from "../host/index.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";
import type { EnvoyFeed } from "./envoy-feed.ts";
import type { StoredPolicy } from "./policy-file.ts";
import type { RedirectKeeper } from "./redirect-keeper.ts";
import type { Revocation } from "./revocation.ts";

/** Total; `earlierHttpPorts` are those whose chains Envoy has. */
export type Compile = (policy: ProxyPolicy, earlierHttpPorts: readonly PortKey[]) => CompiledPolicy;

/** A policy in force, and where it came from. */
export interface InForce {
  readonly compiled: CompiledPolicy;
  /** Absent: no policy was ever received, and everything is denied. */
  readonly bytes?: Uint8Array;
}

export interface EnforcerSettings {
  readonly owner: { readonly mesh: string; readonly name: string };
  readonly compile: Compile;
  readonly feed: Pick<EnvoyFeed, "offer">;
  readonly redirect: Pick<RedirectKeeper, "narrow" | "follow"> | undefined;
  readonly revocation: Pick<Revocation, "changed">;
  /** Throws what the file system says. */
  readonly store: (policy: StoredPolicy) => void;
  readonly log: Log;
}

export interface Enforcer {
  /** Bring what was in force before the start into force again: resolves at Envoy's first answer. */
  begin(): Promise<void>;
  /** Take a policy from the control plane. One at a time; never rejects. */
  apply(bytes: Uint8Array): Promise<Acceptance>;
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
    await redirect?.narrow(before.compiled, next.compiled);
    const answer = await feed.offer(next.compiled.snapshot);
    if (answer.kind === "rejected") {
      await redirect?.follow(before.compiled);
      return answer.why;
    }
    inForce = next;
    if (next.bytes !== undefined) received.resolve();
    [earlier, changedAt] = [before, Date.now()];
    await redirect?.follow(next.compiled);
    return undefined;
  };
  const take = async (bytes: Uint8Array): Promise<Acceptance> => {
    if (inForce.bytes !== undefined && Buffer.compare(bytes, inForce.bytes) === 0) return { ok: true };
    const read = readPolicy(bytes, settings, inForce.compiled.httpPorts);
    if ("why" in read) return refuse(read.why);
    const { compiled } = read;
    const started = performance.now();
    const next = { compiled, bytes };
    const why = await enforce(next);
    if (why !== undefined) return refuse(`envoy rejected it: ${why}`);
    keep(next, settings);
    if (earlier !== undefined)
      await revocation.changed({ before: earlier.compiled.policy, after: compiled.policy, at: changedAt });
    const ms = Math.round(performance.now() - started);
    log.info({ rules: compiled.policy.rules.length, mode: compiled.policy.mode.value, ms }, "policy in force");
    return { ok: true };
  };
  const refuse = (why: string): Acceptance => {
    log.error({ why }, "policy refused; what was in force stays");
    return { reject: why };
  };

  const start = async (): Promise<void> => {
    const answer = await feed.offer(initial.compiled.snapshot);
    if (answer.kind === "accepted") {
      if (initial.bytes !== undefined) received.resolve();
      return;
    }
    log.error({ why: answer.why }, "envoy rejected the policy from disk; everything is denied until another one comes");
    const why = await enforce({ compiled: compile(denyAll, initial.compiled.httpPorts) });
    if (why !== undefined) log.error({ why }, "envoy rejected even the denial of everything: it has no listeners");
  };
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = work.then(task);
    work = result.catch(() => {});
    return result;
  };

  return {
    begin: () => inTurn(start),
    apply: (bytes) => inTurn(() => take(bytes)),
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

/** The policy compiled, or why it cannot be this proxy's. */
function readPolicy(
  bytes: Uint8Array,
  { owner, compile }: EnforcerSettings,
  httpPorts: readonly PortKey[],
): { readonly compiled: CompiledPolicy } | { readonly why: string } {
  const decoded = decodeEffectivePolicy(bytes);
  if (!decoded.ok) return { why: decoded.faults.join("; ") };
  const { mesh, proxy } = decoded.value;
  if (mesh !== owner.mesh || proxy !== owner.name)
    return { why: `it is the policy of ${mesh}/${proxy}, and this is ${owner.mesh}/${owner.name}` };
  const compiled = compile(decoded.value, httpPorts);
  const [port] = compiled.ports;
  return new Set(compiled.ports).size === compiled.ports.length
    ? { compiled }
    : { why: `both listeners would be on port ${port}: choose another \`redirectPortOutbound\`` };
}

/** On disk before the control plane hears that it was accepted. */
function keep({ bytes, compiled }: InForce, { store, log }: EnforcerSettings): void {
  if (bytes === undefined) return;
  try {
    store({ policy: bytes, extraHttpPorts: compiled.httpPorts });
  } catch (error) {
    const what = "cannot keep the policy on disk; a restart without control plane would use an older one";
    log.error({ error: errorText(error) }, what);
  }
}
