/** Which policies were in force while a connection was made, and whether it got what one of them says. */
import { decide } from "../../src/policy/decide/index.ts";
import { addressed, type ConnectionText, type EffectivePolicy } from "../../src/policy/model/index.ts";
import type { Observed } from "../../src/testbed/index.ts";

/** Envoy says yes before its workers follow. */
const WORKERS_LAG_MS = 1_000;

/** A policy, from when it was written until the next one was in force everywhere; ms of `performance.now()`. */
interface Era {
  readonly policy: EffectivePolicy;
  readonly from: number;
  until: number;
}

export interface Eras {
  /** The next policy is on its way. Gives what is to be called when it is in force. */
  written(policy: EffectivePolicy): () => void;
  /** What the policies of that time say: both where they differ. */
  wanted(connection: ConnectionText, from: number, until: number): ReadonlySet<"allow" | "deny">;
}

export function eras(): Eras {
  const known: Era[] = [];
  return {
    written(policy) {
      const before = known.at(-1);
      known.push({ policy, from: performance.now(), until: Number.POSITIVE_INFINITY });
      return () => {
        if (before !== undefined) before.until = performance.now() + WORKERS_LAG_MS;
        // Nothing that is asked about is older than a minute.
        while ((known[0]?.until ?? Number.POSITIVE_INFINITY) < performance.now() - 60_000) known.shift();
      };
    },
    wanted(connection, from, until) {
      const whole = addressed(connection);
      if (whole === undefined) throw new Error("a connection of the soak has an address");
      const then = known.filter((era) => era.from <= until && era.until >= from);
      return new Set(then.map(({ policy }) => decide(policy, whole).kind));
    },
  };
}

/** 400: bytes that mean nothing, on a port that only HTTP may use. */
const DENIED: readonly Observed["answer"][] = ["503", "grpc-14", "400", "reset", "close"];

/** What an answer says of the verdict; undefined: it is none that a verdict explains. */
export function verdictOf({ answer }: Observed): "allow" | "deny" | undefined {
  if (answer === "pass") return "allow";
  return DENIED.includes(answer) ? "deny" : undefined;
}
