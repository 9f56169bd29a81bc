import { revocationOf } from "../../policy/impact/index.ts";
import { type EffectivePolicy, formatConnection } from "../../policy/model/index.ts";
import { tupleKey } from "../sockets/index.ts";
import { type CutDoomed, lineOf, type RevocationSettings } from "./cut-doomed.ts";
import type { Doomed } from "./doomed.ts";

/** What becomes of connections that a change forbade: they are cut, have a time to end, or are kept. */
export interface Farewell {
  /** As `now` has it, else as the sidecar is set. What has less time than it had is hurried. */
  say(doomed: readonly Doomed[], now: EffectivePolicy): Promise<void>;
  /** A change is in force: what is allowed again needs no end. */
  pardon(isDoomed: (one: Doomed) => boolean): void;
  /** What an earlier change left to it: until when, ms since 1970 (infinity: kept); undefined: nothing. */
  deadlineOf(one: Doomed): number | undefined;
  /** Of connections that have a time now; of those that ended in it by themselves; of those that were kept. */
  readonly counts: FarewellCounts;
}

export interface FarewellCounts {
  readonly draining: number;
  readonly drained: number;
  readonly kept: number;
}

interface Waiting {
  readonly one: Doomed;
  readonly until: number;
  readonly timer: NodeJS.Timeout;
}

/** `expire` is told what is still open when its time is over. */
export function farewell(
  { revocation, report }: RevocationSettings,
  { open, cut }: CutDoomed,
  expire: (one: Doomed) => void,
): Farewell {
  const waiting = new Map<string, Waiting>();
  const kept = new Map<string, Doomed>();
  let [drained, keptInAll] = [0, 0];

  const over = (key: string) => {
    const one = waiting.get(key)?.one;
    waiting.delete(key);
    if (one === undefined) return;
    if (open([one]).length === 0) drained++;
    else expire(one);
  };
  const wait = (key: string, one: Doomed, seconds: number): Waiting => {
    const timer = setTimeout(() => over(key), seconds * 1_000);
    timer.unref();
    return { one, until: Date.now() + seconds * 1_000, timer };
  };
  const stopWaiting = (key: string) => {
    clearTimeout(waiting.get(key)?.timer);
    waiting.delete(key);
  };
  const drain = (one: Doomed, seconds: number, now: EffectivePolicy) => {
    const key = keyOf(one);
    const before = waiting.get(key);
    if (before !== undefined && before.until <= Date.now() + seconds * 1_000) return;
    stopWaiting(key);
    kept.delete(key);
    const next = wait(key, one, seconds);
    waiting.set(key, next);
    report(lineOf(one, now, { kind: "draining", until: new Date(next.until).toISOString() }));
  };
  const keep = (one: Doomed, now: EffectivePolicy) => {
    const key = keyOf(one);
    stopWaiting(key);
    if (kept.has(key)) return;
    kept.set(key, one);
    keptInAll++;
    report(lineOf(one, now, { kind: "kept" }));
  };

  return {
    async say(doomed, now) {
      const mode = revocationOf(now, revocation);
      if (mode.kind === "cut") {
        for (const key of doomed.map(keyOf)) {
          stopWaiting(key);
          kept.delete(key);
        }
        return cut(doomed, now);
      }
      for (const { socket: _, ...one } of open(doomed))
        if (mode.kind === "keep") keep(one, now);
        else drain(one, mode.seconds, now);
    },
    pardon(isDoomed) {
      for (const [key, { one }] of waiting) if (!isDoomed(one)) stopWaiting(key);
      const stay = new Set(open([...kept.values()].filter(isDoomed)).map(keyOf));
      for (const key of kept.keys()) if (!stay.has(key)) kept.delete(key);
    },
    deadlineOf(one) {
      const key = keyOf(one);
      return waiting.get(key)?.until ?? (kept.has(key) ? Number.POSITIVE_INFINITY : undefined);
    },
    get counts() {
      return { draining: waiting.size, drained, kept: keptInAll };
    },
  };
}

/** The same connection, doomed for the same reason. */
const keyOf = ({ pair, what, record }: Doomed): string =>
  `${tupleKey(pair)} ${record?.startedAt ?? ""} ${what === undefined ? "" : formatConnection(what)}`;
