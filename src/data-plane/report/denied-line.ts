import { decide } from "../../policy/decide/index.ts";
import {
  type Connection,
  type EffectivePolicy,
  formatConnection,
  formatPolicyRef,
  type PolicyRef,
  type Verdict,
} from "../../policy/model/index.ts";
import { renderReasons } from "../../policy/why/index.ts";
import { formatEndpoint } from "../sockets/index.ts";
import type { Refusal, RefusedBecause } from "./refusal.ts";

/** One line of the report of what did not get out. */
export interface DeniedLine {
  readonly kind: "denied";
  /** ISO 8601, when the connection or request began. */
  readonly time: string;
  readonly mesh: string;
  readonly workload: string;
  /** Address and port that were dialled. */
  readonly destination: string;
  /** `unknown`: Envoy refused it before it could tell. */
  readonly transport: Connection["kind"] | "unknown";
  /** Server name or host, as Envoy logs it; absent where there was none. */
  readonly name?: string;
  /** The form that `sallyport why` takes; absent where Envoy refused it whatever the rules say. */
  readonly connection?: string;
  readonly answer: string;
  readonly reason: readonly string[];
  /** The policies and rules that the reason names. */
  readonly rules: readonly string[];
  /** Number of Envoy's record: a denial that is reported once more, after the agent was killed, has the same. */
  readonly record: number;
}

export interface Why extends Pick<DeniedLine, "reason" | "rules"> {
  readonly because: "no policy yet" | "mode None" | "no rule" | "disagreement";
}

/** Reasons of one policy: they are asked for again and again by a client that keeps trying. */
export interface Judge {
  /** Why the rules refuse it. */
  why(connection: Connection): Why;
}

const REMEMBERED = 1_000;

/**
 * Time for looking for the rules that come nearest, which takes milliseconds where there are ten thousand: a workload
 * that tries everything must not keep the agent busy with nothing else.
 */
export interface Patience {
  /** Do it if there is time for it. */
  spend<T>(work: () => T): T | undefined;
}

/** `share` of the time, with some saved up for bursts. */
export function patience(
  share: number,
  burstMs: number,
  now: () => number = performance.now.bind(performance),
): Patience {
  let left = burstMs;
  let at = now();
  return {
    spend(work) {
      const began = now();
      left = Math.min(burstMs, left + (began - at) * share);
      at = began;
      if (left <= 0) return undefined;
      const result = work();
      left -= now() - began;
      return result;
    },
  };
}

/** What denies: a policy, or that there is none yet. */
export type Denier = EffectivePolicy | "no policy yet";

/** `earlier`: before the last change; it may have decided what is reported late. */
export function judge(now: Denier, earlier: Denier | undefined, { spend }: Patience = UNLIMITED): Judge {
  const known = new Map<string, Why>();
  // without rules there is nothing to look for
  const isCheap = now === "no policy yet" || now.mode.value === "None";
  return {
    why(connection) {
      const key = formatConnection(connection);
      const before = known.get(key);
      if (before !== undefined) return before;
      if (known.size >= REMEMBERED) known.clear();
      const answer = isCheap ? explain(now, earlier, connection) : spend(() => explain(now, earlier, connection));
      if (answer === undefined) return TOO_MANY;
      known.set(key, answer);
      return answer;
    },
  };
}

function explain(now: Denier, earlier: Denier | undefined, connection: Connection): Why {
  if (now === "no policy yet") return NO_POLICY;
  const verdict = decide(now, connection);
  if (verdict.kind === "deny") return said(verdict);
  if (earlier === "no policy yet") return NO_POLICY;
  const before = earlier === undefined ? undefined : decide(earlier, connection);
  if (before?.kind === "deny") return said(before, "it came before the last change of the policy");
  return { ...said(verdict, "envoy denied what the policy admits: please report this"), because: "disagreement" };
}

const UNLIMITED: Patience = { spend: (work) => work() };
const NO_POLICY: Why = {
  because: "no policy yet",
  reason: ["no policy had been received yet, so everything was denied"],
  rules: [],
};
const TOO_MANY: Why = {
  because: "no rule",
  reason: ["nothing admits it; too many different denials at once to look for the nearest rules: ask `sallyport why`"],
  rules: [],
};

const said = (verdict: Verdict, ...first: string[]): Why => ({
  because: verdict.reasons[0]?.kind === "mode" ? "mode None" : "no rule",
  reason: [...first, ...renderReasons(verdict)],
  rules: refsOf(verdict).map(formatPolicyRef),
});

function refsOf({ reasons }: Verdict): PolicyRef[] {
  return reasons.flatMap((reason): PolicyRef[] => {
    if (reason.kind === "mode") return typeof reason.source === "string" ? [] : [reason.source];
    if (reason.kind === "rule") return [reason.source];
    return reason.kind === "no rule admits" ? reason.nearest.map(({ source }) => source) : [];
  });
}

/** Who was denied: the workload, and the record that says so. */
export interface DeniedWho {
  readonly mesh: string;
  readonly workload: string;
  readonly record: number;
}

/** One denial as a line, and in a few words for the counters. */
export function deniedLine(
  refusal: Refusal,
  { mesh, workload, record }: DeniedWho,
  judge: Judge,
): { readonly line: DeniedLine; readonly because: RefusedBecause | Why["because"] } {
  const { by, startedAt, destination, name, answer } = refusal;
  const why = by.kind === "envoy" ? { because: by.because, reason: [by.why], rules: [] } : judge.why(by.was);
  const line: DeniedLine = {
    kind: "denied",
    time: new Date(startedAt).toISOString(),
    ...{ mesh, workload },
    destination: formatEndpoint(destination),
    ...(name !== undefined && { name }),
    answer,
    transport: by.kind === "envoy" ? "unknown" : by.was.kind,
    ...(by.kind === "rules" && { connection: formatConnection(by.was) }),
    reason: why.reason,
    rules: why.rules,
    record,
  };
  return { line, because: why.because };
}
