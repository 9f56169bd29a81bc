import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { ownNetworkNamespace, type ProcessId, processIdOf } from "../host/index.ts";

/** An Envoy found running for this state folder. */
export interface RunningEnvoy {
  readonly id: ProcessId;
  /** As {@link launchKey} made it; undefined if it was started in another way. */
  readonly key: string | undefined;
  readonly sameNamespace: boolean;
}

/** What distinguishes launches is a word in the command line, so that a running Envoy tells it itself. */
export const keyArgument = (key: string): readonly string[] => ["--service-zone", `sallyport-${key}`];

/**
 * Every Envoy that was started in `runFolder`. Read from the processes themselves: there is no record that could be
 * missing or out of date after a crash. Processes that may not be looked at are not ours.
 */
export function findRunningEnvoys(runFolder: string): RunningEnvoy[] {
  const ours = ownNetworkNamespace();
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): RunningEnvoy[] => {
      const pid = Number(name);
      try {
        if (readlinkSync(`/proc/${pid}/cwd`) !== runFolder) return [];
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        const id = processIdOf(pid);
        if (words[0] !== "envoy" || id === undefined) return [];
        const key = words.find((word) => word.startsWith("sallyport-"))?.slice("sallyport-".length);
        return [{ id, key, sameNamespace: ours !== undefined && ownNetworkNamespace(pid) === ours }];
      } catch {
        return [];
      }
    });
}
