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
import type { Refusal } from "./refusal.ts";

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
}

type Why = Pick<DeniedLine, "reason" | "rules">;

/** Reasons of one policy: they are asked for again and again by a client that keeps trying. */
export interface Judge {
  /** Why the rules refuse it. */
  why(connection: Connection): Why;
}

const REMEMBERED = 1_000;

/** What denies: a policy, or that there is none yet. */
export type Denier = EffectivePolicy | "no policy yet";

/** `earlier`: before the last change; it may have decided what is reported late. */
export function judge(now: Denier, earlier: Denier | undefined): Judge {
  const known = new Map<string, Why>();
  return {
    why(connection) {
      const key = formatConnection(connection);
      const before = known.get(key);
      if (before !== undefined) return before;
      if (known.size >= REMEMBERED) known.clear();
      const answer = explain(now, earlier, connection);
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
  return said(verdict, "envoy denied what the policy admits: please report this");
}

const NO_POLICY: Why = { reason: ["no policy had been received yet, so everything was denied"], rules: [] };

const said = (verdict: Verdict, ...first: string[]): Why => ({
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

export function deniedLine(refusal: Refusal, owner: { mesh: string; workload: string }, judge: Judge): DeniedLine {
  const { by, startedAt, destination, name, answer } = refusal;
  const explained =
    by.kind === "envoy"
      ? { transport: "unknown" as const, reason: [by.why], rules: [] }
      : { transport: by.was.kind, connection: formatConnection(by.was), ...judge.why(by.was) };
  return {
    kind: "denied",
    time: new Date(startedAt).toISOString(),
    ...owner,
    destination: formatEndpoint(destination),
    ...(name !== undefined && { name }),
    answer,
    ...explained,
  };
}
