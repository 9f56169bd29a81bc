import { diff } from "../diff/index.ts";
import { formatRevocation, type RevocationMode } from "../model/index.ts";
import { type ClassView, type ConnectionClass, viewClass } from "../space/index.ts";
import type { Change } from "./fate.ts";
import { revocationOf } from "./loss.ts";

/** What a change does to open connections, whichever they may be. */
export interface ClassImpact {
  readonly revocation: RevocationMode;
  /** Whether a policy says `revocation`; else it is the setting. */
  readonly isWritten: boolean;
  /** Newly denied, and what becomes of those of them that are open. */
  readonly denied: readonly ClassFates[];
  /** Newly allowed; what is open stays. */
  readonly allowed: readonly ConnectionClass[];
}

/** What becomes of the open ones of a class that is newly denied, by what they are. */
export interface ClassFates {
  readonly of: ConnectionClass;
  /** It has connections whose bytes are passed on; they, by the class's revocation. */
  readonly passed: boolean;
  /** TLS and HTTP to there may be open that the rules of before let pass without looking into it: it shares their fate. */
  readonly unseen: boolean;
  /** It has requests: those under way share the fate, idle connections stay, and their next request is denied. */
  readonly requests: boolean;
}

/** In classes, for whoever does not know what is open. */
export function classImpact({ before, after, otherwise }: Change): ClassImpact {
  const { allowed, denied } = diff(before, after);
  return {
    revocation: revocationOf(after, otherwise),
    isWritten: after.revocation !== undefined,
    denied: denied.map((of) => ({
      of,
      passed: of.traffic.includes("tls") || of.traffic.includes("opaque"),
      unseen: of.traffic.includes("opaque"),
      requests: of.traffic.some((kind) => kind !== "tls" && kind !== "opaque"),
    })),
    allowed,
  };
}

/** A {@link ClassImpact} as JSON has it. */
export interface ClassImpactView {
  /** `cut`, `drain 30s`, `keep`: what becomes of open connections that are newly denied. */
  readonly revocation: string;
  /** `policy`, or `setting`: no policy says it, so it is that of the control plane or the sidecar. */
  readonly revocationFrom: "policy" | "setting";
  readonly denied: readonly (ClassView & { readonly open: readonly string[] })[];
  readonly allowed: readonly ClassView[];
}

/** The plain values of it. */
export const viewClassImpact = (impact: ClassImpact): ClassImpactView => ({
  revocation: formatRevocation(impact.revocation),
  revocationFrom: impact.isWritten ? "policy" : "setting",
  denied: impact.denied.map((fates) => ({ ...viewClass(fates.of), open: renderFates(fates, impact.revocation) })),
  allowed: impact.allowed.map(viewClass),
});

/** Sentences without full stops, one for each sort of open connection. */
export function renderFates({ passed, unseen, requests }: ClassFates, mode: RevocationMode): string[] {
  const does = VERBS[mode.kind](mode.kind === "drain" ? mode.seconds : 0);
  return [
    ...(passed ? [`open connections ${does}`] : []),
    ...(unseen ? ["the same holds for TLS and HTTP to there that were let pass without being looked into"] : []),
    ...(requests
      ? [`connections with requests under way ${does}`, "idle HTTP connections stay, and their next request is denied"]
      : []),
  ];
}

const VERBS: Readonly<Record<RevocationMode["kind"], (seconds: number) => string>> = {
  cut: () => "are cut",
  drain: (seconds) => `have ${seconds} s to end, then they are cut`,
  keep: () => "go on until they end by themselves",
};
