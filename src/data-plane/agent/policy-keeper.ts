import { errorText, type Log } from "../host/index.ts";
import type { StoredPolicy } from "./policy-file.ts";

/** The policy in force, on disk, sooner or later. */
export interface PolicyKeeper {
  /** Before this returns if that can be, else as soon as it can be, and the log says both. Never throws. */
  keep(policy: StoredPolicy): void;
  stop(): void;
}

const AGAIN_MS = 5_000;

/** `write` throws what the file system says. */
export function policyKeeper(write: (policy: StoredPolicy) => void, log: Log, againMs = AGAIN_MS): PolicyKeeper {
  let waiting: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(waiting);
    waiting = undefined;
  };
  const attempt = (policy: StoredPolicy, isFirst: boolean) => {
    stop();
    try {
      write(policy);
      if (!isFirst) log.info({}, "the policy in force is on disk");
    } catch (error) {
      const what = "cannot keep the policy on disk; a restart without control plane would use an older one";
      if (isFirst) log.error({ error: errorText(error), againInMs: againMs }, what);
      waiting = setTimeout(attempt, againMs, policy, false);
      waiting.unref();
    }
  };
  return { keep: (policy) => attempt(policy, true), stop };
}
